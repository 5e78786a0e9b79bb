"""Reads a compose file where no compose is installed: every service, volume, secret, network and build target exists."""
import os
import sys

import yaml

path = sys.argv[1]
folder = os.path.dirname(path)
file = yaml.safe_load(open(path))
services, faults = file["services"], []


def resolved(name, service):
    """The service with what it extends below it, as compose merges them."""
    base = service.get("extends")
    if not base:
        return service
    other = yaml.safe_load(open(os.path.join(folder, base["file"])))["services"]
    if base["service"] not in other:
        faults.append(f"{name}: {base['file']} has no service {base['service']}")
        return service
    return {**other[base["service"]], **service}


for name, service in services.items():
    service = resolved(name, service)
    if not ("image" in service or "build" in service):
        faults.append(f"{name}: neither image nor build")
    for other in service.get("depends_on", {}):
        if other not in services:
            faults.append(f"{name}: depends on the unknown service {other}")
    mode = service.get("network_mode", "")
    if mode.startswith("service:") and mode.removeprefix("service:") not in services:
        faults.append(f"{name}: shares the network of an unknown service")
    if mode and ("networks" in service or "ports" in service):
        faults.append(f"{name}: network_mode excludes networks and ports")
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if not source.startswith((".", "/")) and source not in file.get("volumes", {}):
            faults.append(f"{name}: unknown volume {source}")
    for kind in ("secrets", "networks"):
        for used in service.get(kind, []):
            if used not in file.get(kind, {}):
                faults.append(f"{name}: unknown {kind[:-1]} {used}")
    for key, value in (service.get("environment") or {}).items():
        if not isinstance(value, str):
            faults.append(f"{name}: {key} must be quoted")
        elif value.startswith("/run/secrets/") and value.removeprefix("/run/secrets/") not in service.get("secrets", []):
            faults.append(f"{name}: {key} names a secret that the service does not get")
    build = service.get("build")
    if build:
        dockerfile = os.path.join(folder, build["context"], build["dockerfile"])
        if not os.path.exists(dockerfile):
            faults.append(f"{name}: no {dockerfile}")
        elif f" AS {build['target']}\n" not in open(dockerfile).read():
            faults.append(f"{name}: no target {build['target']} in {dockerfile}")
for fault in faults:
    print(fault, file=sys.stderr)
sys.exit(bool(faults))
