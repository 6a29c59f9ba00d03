"""What `sample` and `join` report, and the radius of the clusters that tests cut."""

RADIUS = 5.0

FRACTIONS = {"central_4_coordinated", "within_4A_4_coordinated", "bonds_under_2.7A"}
DISTANCES = {
    f"wasserstein_{what}"
    for what in ("first_shell_A", "second_shell_A", "angle_deg", "atoms_per_cluster")
}
JOINED = {
    "within_4A_of_centres_4_coordinated",
    "centres_4_coordinated",
    "bonds_under_2.7A",
    "atoms_per_joined",
}
METRICS = {
    "sample": FRACTIONS
    | DISTANCES
    | {f"real_{key}" for key in FRACTIONS}
    | {f"before_repair_{key}" for key in FRACTIONS | DISTANCES}
    | {"clusters", "real_clusters", "atoms_per_cluster", "real_atoms_per_cluster"}
    | {"before_repair_atoms_per_cluster", "evaluations_per_cluster", "clusters_per_second"},
    "join": JOINED
    | {f"before_repair_{key}" for key in JOINED}
    | {"joined", "evaluations_per_joined", "joined_per_second"},
}
