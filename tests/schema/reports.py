"""Valid reports to begin with: what the real program writes of simulated fleets, by name."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
PATIENCE_S = 60

# Name of the report: (fleet file, arguments of `rollcall run`, exit status). DIR is the fleet's directory.
SCENES = {
    "researcher": (
        "defaults retries=0\n"
        "cluster ok-{1..2} projects=2\n"
        "cluster messy projects=2 messy=yes listed=no\n"
        "cluster warned fault=other_project:2\n"
        "cluster gone projects=2 fault=refuse\n"
        "cluster half projects=2 fault=500 fault_project=team-b\n"
        "cluster login fault=html200\n",
        [], 4),
    "complete": ("cluster a projects=2\ncluster b conf.labels=[\"tier=prod\"]\n", [], 0),
    "optional": (
        "defaults retries=0\ncluster a\ncluster b fault=refuse conf.optional=true\n", [], 0),
    "kubernetes": (
        "defaults retries=0\n"
        "default api=kubernetes projects=2\n"
        "cluster whole\n"
        "cluster some missing_kinds=inferenceworkloads\n"
        "cluster half fault=500 fault_kind=trainingworkloads\n", [], 4),
    "control_plane": ("default api=control_plane projects=2\ncluster a\ncluster b\n", [], 0),
    "discovery": (
        "report directory=\"DIR\"\n"
        "control discover=yes\n"
        "cluster a\n"
        "cluster new configured=no\n"
        "cluster away configured=no state=Disconnected\n"
        "cluster nowhere configured=no domain=null\n", [], 4),
    "undiscovered": (
        "control discover=yes clusters_fault=500 conf.retries=0\ncluster a\n", [], 4),
    "enrich": ("run enrich=true\ncluster a projects=2\ncluster b api=kubernetes\n", [], 0),
    "reconcile": (
        "run reconcile=true\n"
        "defaults retries=0\n"
        "cluster a only_control=2 only_cluster=1 differ_phase=1 differ_gpus=1\n"
        "cluster b fault=refuse\n"
        "cluster c\n", [], 4),
    "unreconciled": (
        "run reconcile=true\ncontrol workloads_fault=500 conf.retries=0\ncluster a\n", [], 0),
    "interrupted": (
        "run deadline=60.0\n"
        "defaults idle_timeout=50.0\n"
        "cluster a\n"
        "cluster mute fault=no_answer\n", [], 4),
    "filtered": ("cluster eu-{1..2} projects=2\ncluster us-1\n",
                 ["--cluster", "eu-*", "--exclude", "eu-2", "--project", "team-[ab]"], 0),
    "empty": ("cluster a\n", ["--cluster", "none", "--allow-empty"], 0),
    "failed": ("defaults retries=0\ncluster a fault=refuse\ncluster b fault=503\n", [], 6),
    "totals_only": ("cluster a projects=2\n", ["--no-workloads"], 0),
    "idle": ("cluster a workloads=0\n", [], 0),
    "last_year": ("cluster a\n", ["--now", "9999-12-31T23:59:59Z"], 0),
}

# latest.json may name a file of any name.
PREVIOUS_NAME = "what ops keeps, \u00e4nd more.json"
PREVIOUS = '{"format": "rollcall.report/1", "clusters": [{"name": "a"}, {"name": "old"}]}\n'


def await_true(is_so, what):
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"waited in vain for {what}")
        time.sleep(0.02)


def run_rollcall(directory, arguments, is_interrupted):
    command = [BUILD / "rollcall", "run", "-q", "-c", directory / "rollcall.conf",
               "-o", directory / "report.json", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        if is_interrupted:
            log = directory / "requests.log"
            await_true(lambda: "fault:no_answer" in log.read_text() and
                       any(line.split("\t")[1] == "a" and line.endswith("closed")
                           for line in log.read_text().splitlines()), "a request without answer")
            process.send_signal(signal.SIGTERM)
        errors = process.communicate()[1].decode(errors="replace")
    return process.returncode, errors


def make(name):
    """The report of this scene, as text."""
    text, arguments, expected = SCENES[name]
    with tempfile.TemporaryDirectory(prefix="rollcall-schema-") as path:
        directory = pathlib.Path(path)
        fleet = directory / "fleet"
        fleet.write_text(text.replace("DIR", path))
        (directory / PREVIOUS_NAME).write_text(PREVIOUS)
        (directory / "latest.json").symlink_to(PREVIOUS_NAME)
        with subprocess.Popen([BUILD / "fleetsim", "-f", fleet, "-d", directory]) as simulator:
            try:
                await_true((directory / "ready").exists, "the simulator")
                status, errors = run_rollcall(directory, arguments, name == "interrupted")
            finally:
                simulator.terminate()
        if status != expected:
            raise SystemExit(f"{name}: status {status}, not {expected}:\n{errors}")
        return (directory / "report.json").read_text(encoding="utf-8")


def make_all():
    return {name: json.loads(make(name)) for name in SCENES}
