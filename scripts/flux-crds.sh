#!/usr/bin/env bash
# Puts the CustomResourceDefinitions of Flux's kinds into a folder, as the modules of its controllers have them (Flux 2.9).
# For the tests that read Flux from a real API server: FLUX_CRDS=FOLDER. Needs Go.
set -euo pipefail

folder="${1:?usage: scripts/flux-crds.sh FOLDER}"
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"

# Away from any go.mod that is not ours.
cd /
for module in \
  github.com/fluxcd/kustomize-controller@v1.9.5 \
  github.com/fluxcd/source-controller@v1.9.5 \
  github.com/fluxcd/helm-controller@v1.6.1; do
  sources="$(go mod download -json "$module" | awk -F'"' '$2 == "Dir" { print $4 }')"
  # Files of the module cache cannot be written.
  for definition in "$sources"/config/crd/bases/*.yaml; do
    install -m 644 "$definition" "$folder/"
  done
done
