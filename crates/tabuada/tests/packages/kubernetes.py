"""Checks the manifests of deploy/kubernetes: each against the oldest and the newest schema of its kind, and all of them together.

kubernetes.py BINARY FOLDER"""

import os
import pathlib
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml

binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
# autoscaling/v2 and policy/v1 exist since this release, and older ones are no longer supported.
VERSIONS = ["1.28", kubernetes_validate.latest_version()]
# Defined by the Prometheus operator; the schemas of Kubernetes do not contain it.
FOREIGN = {"ServiceMonitor"}

resources = [r for file in sorted(folder.glob("*.yaml")) for r in yaml.safe_load_all(file.read_text())]
assert len(resources) >= 10, "manifests are missing"
for resource in resources:
    if resource["kind"] not in FOREIGN:
        for version in VERSIONS:
            kubernetes_validate.validate(resource, version, strict=True)


def of_kind(kind):
    return {resource["metadata"]["name"]: resource for resource in resources if resource["kind"] == kind}


deployments = of_kind("Deployment")


def selects(selector, labels):
    return selector.items() <= labels.items()


def pods(selector):
    """The pods that match a selector."""
    templates = [deployment["spec"]["template"] for deployment in deployments.values()]
    return [template for template in templates if selects(selector, template["metadata"]["labels"])]


for name, deployment in deployments.items():
    assert pods(deployment["spec"]["selector"]["matchLabels"]) == [deployment["spec"]["template"]], name
    pod = deployment["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] and not pod["enableServiceLinks"], name
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"], name
        assert context["capabilities"] == {"drop": ["ALL"]}, name
        assert {"requests", "limits"} <= container["resources"].keys(), name

# Every Service selects pods that have its ports.
for name, service in of_kind("Service").items():
    (found,) = pods(service["spec"]["selector"])
    names = {port["name"] for container in found["spec"]["containers"] for port in container["ports"]}
    assert all(port["targetPort"] in names for port in service["spec"]["ports"]), name

# Every other selector selects the servers too.
for kind in ["PodDisruptionBudget", "NetworkPolicy"]:
    for name, resource in of_kind(kind).items():
        selector = resource["spec"].get("selector") or resource["spec"]["podSelector"]
        assert len(pods(selector["matchLabels"])) == 1, f"{kind} {name}"
for name, scaler in of_kind("HorizontalPodAutoscaler").items():
    assert scaler["spec"]["scaleTargetRef"]["name"] in deployments, name
    minimum = of_kind("PodDisruptionBudget")[name]["spec"]["minAvailable"]
    assert minimum < scaler["spec"]["minReplicas"], "no node could ever be drained"
for name, monitor in of_kind("ServiceMonitor").items():
    selector = monitor["spec"]["selector"]["matchLabels"]
    (found,) = [s for s in of_kind("Service").values() if selects(selector, s["metadata"]["labels"])]
    assert {e["port"] for e in monitor["spec"]["endpoints"]} <= {port["name"] for port in found["spec"]["ports"]}, name

# The operator's port is open to the namespace of the monitoring and to no other.
policy = of_kind("NetworkPolicy")["tabuada"]["spec"]
for rule in policy["ingress"]:
    is_open = "from" not in rule
    assert not (is_open and {"port": "admin"} in rule["ports"]), "the operator's port is open to everybody"

# The times fit together: the pod leaves the Service before it stops, and ends before it is killed.
server = deployments["tabuada"]["spec"]["template"]["spec"]
(container,) = server["containers"]
variables = {variable["name"]: variable["value"] for variable in container["env"]}
drain = int(variables["TABUADA_DRAIN"].removesuffix("s"))
readiness = container["readinessProbe"]
assert readiness["periodSeconds"] * readiness["failureThreshold"] < drain
assert server["terminationGracePeriodSeconds"] >= drain + 8 + 2

# The secrets are in the Secret, at the paths in the variables. Their sample values must be replaced: a server refuses
# them.
secret = of_kind("Secret")["tabuada"]["stringData"]
(mount,) = container["volumeMounts"]
for name in ["admin-token", "redis-password"]:
    assert name in secret and f"{mount['mountPath']}/{name}" in variables.values(), name
assert len(secret["admin-token"]) < 16, "this token would be in force"

# The server knows every variable and accepts its value; the mounted secrets are replaced first.
clean = {name: value for name, value in os.environ.items() if not name.startswith("TABUADA_")}
with tempfile.TemporaryDirectory() as mounted:
    for name in secret:
        pathlib.Path(mounted, name).write_text("0123456789abcdef0123456789abcdef\n")
    given = {name: value.replace(mount["mountPath"], mounted) for name, value in variables.items()}
    asked = subprocess.run(
        [binary, "config", "--json"], env={**clean, **given}, capture_output=True, text=True, cwd=mounted
    )
assert asked.returncode == 0 and not asked.stderr, asked
for name in variables:
    assert f'"{name}"' in asked.stdout, f"{name}: the server does not know it"
print(len(resources), "manifests of Kubernetes, by the schemas of", " and ".join(VERSIONS))
