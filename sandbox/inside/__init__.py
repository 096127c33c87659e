"""Programs that run inside the containers: standard library and what the image installs, nothing else."""
