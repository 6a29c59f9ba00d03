"""Noise levels, denoiser and loss around any callable, samplers as free functions."""
