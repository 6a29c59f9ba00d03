# The names of `zeoloom` and where they come from, for type checkers and for `__init__.py`.

from zeoloom.clusters.atoms import merge_points as merge_points
from zeoloom.diffraction.simulated_pattern import simulate_pattern as simulate_pattern
from zeoloom.errors import InputError as InputError
from zeoloom.judge.verdict import judge_framework as judge_framework
from zeoloom.learn.checkpoint import (
    Model as Model,
    load_model as load_model,
)
from zeoloom.learn.config import (
    TrainingConfig as TrainingConfig,
    load_config as load_config,
)
from zeoloom.learn.own_model import own_model as own_model
from zeoloom.learn.training import train as train
from zeoloom.report.figures import scene_figure as scene_figure
from zeoloom.report.scene import read_scenes as read_scenes
from zeoloom.report.scene_page import write_page as write_page
from zeoloom.report.tables import (
    facts_table as facts_table,
    frameworks_table as frameworks_table,
    metrics_table as metrics_table,
    reference_sheet as reference_sheet,
    reference_table as reference_table,
    symbols_table as symbols_table,
)
from zeoloom.run.cluster_requests import (
    CutRequest as CutRequest,
    JoinRequest as JoinRequest,
    SampleRequest as SampleRequest,
    resolved as resolved,
)
from zeoloom.run.crystal_requests import (
    GenerateRequest as GenerateRequest,
    SolveRequest as SolveRequest,
)
from zeoloom.run.cutting import cut as cut
from zeoloom.run.database import (
    export_database as export_database,
    merge_into_database as merge_into_database,
    query_database as query_database,
)
from zeoloom.run.database_requests import (
    ExportRequest as ExportRequest,
    MergeRequest as MergeRequest,
    QueryRequest as QueryRequest,
)
from zeoloom.run.file_requests import (
    AddRequest as AddRequest,
    JudgeRequest as JudgeRequest,
    ListRequest as ListRequest,
    RemoveRequest as RemoveRequest,
    ShowRequest as ShowRequest,
    TrainRequest as TrainRequest,
    ViewRequest as ViewRequest,
    WatchRequest as WatchRequest,
)
from zeoloom.run.folder import check_free as check_free
from zeoloom.run.joining import join as join
from zeoloom.run.judging import (
    files_to_judge as files_to_judge,
    judge_files as judge_files,
)
from zeoloom.run.own_reference import add_to_reference as add_to_reference
from zeoloom.run.pattern_requests import PatternRequest as PatternRequest
from zeoloom.run.patterns import fit_measured_pattern as fit_measured_pattern
from zeoloom.run.preparation import prepare as prepare
from zeoloom.run.request import parse_request as parse_request
from zeoloom.run.sampling import sample as sample
from zeoloom.run.search_targets import (
    doubt_of_cell as doubt_of_cell,
    draw_targets as draw_targets,
)
from zeoloom.run.searching import make_frameworks as make_frameworks
from zeoloom.run.solving import (
    requests_by_group as requests_by_group,
    search_parts as search_parts,
)
from zeoloom.run.training_inputs import (
    describe_training as describe_training,
    find_config as find_config,
    own_frameworks as own_frameworks,
    tensorboard as tensorboard,
    training_examples as training_examples,
)
from zeoloom.run.watching import watch_server as watch_server
from zeoloom.silica.dls import refine as refine
from zeoloom.silica.energy import relax as relax
from zeoloom.silica.lammps_input import save_lammps_input as save_lammps_input
from zeoloom.silica.oxygen import add_oxygen as add_oxygen
from zeoloom.structure.files.ase_exchange import (
    framework_from_ase as framework_from_ase,
    framework_to_ase as framework_to_ase,
)
from zeoloom.structure.files.cloud_archive import (
    load_atoms as load_atoms,
    load_clouds as load_clouds,
    save_atoms as save_atoms,
    save_clouds as save_clouds,
)
from zeoloom.structure.files.cluster_archive import (
    load_clusters as load_clusters,
    save_clusters as save_clusters,
)
from zeoloom.structure.files.reader import read_framework as read_framework
from zeoloom.structure.own_nets import remove_own_net as remove_own_net
from zeoloom.structure.reference import load_reference as load_reference
from zeoloom.structure.reference_list import (
    reference_entries as reference_entries,
    reference_entry as reference_entry,
)
