"""The report's vocabulary: which words of the sources mean which phase and type."""
import re

PHASES = {
    "pending": "Pending Creating Initializing Resuming ContainerCreating PodInitializing "
               "ImagePullBackOff ErrImagePull Unschedulable NotReady CreateContainerConfigError "
               "CreateContainerError InvalidImageName",
    "running": "Running Updating Degraded",
    "succeeded": "Succeeded Completed",
    "failed": "Failed Fail Error CrashLoopBackOff Init:Error Init:CrashLoopBackOff "
              "ContainerCannotRun OOMKilled Evicted DeadlineExceeded Init:OOMKilled",
    "stopped": "Stopped Stopping Suspended Preempted TimedOut",
    "terminating": "Terminating Deleting Deleted",
}
FAILED_WITH = ("exitcode:", "signal:", "init:exitcode:", "init:signal:")

TYPES = {
    "training": "Train Training TrainingWorkload",
    "interactive": "Interactive Workspace Build InteractiveWorkload Interactive-Preemptible",
    "inference": "Inference Deploy Deployment InferenceWorkload DistributedInference "
                 "DistributedInferenceWorkload NIMService",
    "distributed": "Distributed DistributedWorkload MPI MPIJob PyTorch PyTorchJob TF TFJob "
                   "TensorFlow XGBoost XGBoostJob JAX JAXJob",
}
CATEGORIES = {"build": "interactive", "train": "training", "deploy": "inference"}
# Kinds of Kubernetes object: only their category says what a workload is for. Of those that mean
# nothing else ("other" anyway) none needs to be named here.
KINDS = {"deployment"}
# Of those, and of the words with a meaning, the kinds that no list of a cluster shows, since Run:ai
# makes no object for them.
THIRD_PARTY = set(
    "pod deployment statefulset replicaset daemonset job cronjob jobset leaderworkerset raycluster "
    "rayjob rayservice sparkapplication scheduledsparkapplication amljob notebook devworkspace "
    "virtualmachineinstance virtualmachine seldondeployment inferenceservice service "
    "dynamographdeployment dynamocomponentdeployment podcliqueset podgangset workflow "
    "scheduledworkflow pipelinerun taskrun spotrequest nimservice mpijob pytorchjob tfjob "
    "xgboostjob jaxjob".split())

_phases = {word.lower(): phase for phase, words in PHASES.items() for word in words.split()}
_types = {word.lower(): kind for kind, words in TYPES.items() for word in words.split()}


def lower(text):
    """The words are ASCII, and so are their cases."""
    return re.sub("[A-Z]", lambda match: match[0].lower(), text)


def phase(word):
    if word is None:
        return None
    word = lower(word)
    if word in _phases:
        return _phases[word]
    if word.startswith(FAILED_WITH):
        return "failed"
    return "pending" if word.startswith("init:") else "unknown"


def type_of(word):
    return None if word is None else _types.get(lower(word), "other")


def type_and_category(word, category):
    """The control plane's: where the word says nothing, the category does."""
    if word is None and category is None:
        return None
    known = None if word is None or lower(word) in KINDS else _types.get(lower(word))
    return known or (category is not None and CATEGORIES.get(lower(category))) or "other"


def is_preemptible(word):
    return word is not None and lower(word) == "interactive-preemptible"
