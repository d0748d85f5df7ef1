"""Whether the token was obtained."""
import lists
from answers import Unusable
from values import Members


def failure(conf, answers):
    """Why there is no token, or None. The last answer counts: those before were tried again."""
    if "control_plane" not in conf or conf["control_plane"].get("grant") == "token":
        return None
    posts = [answer for answer in answers if answer.method == "POST"]
    if not posts:
        return lists.UNKNOWN
    try:
        document = posts[-1].document()
    except Unusable as why:
        return lists.Failure(why.error_class, why.status)
    tokens = [document.get(name) for name in ("accessToken", "access_token", "id_token")] \
        if isinstance(document, Members) else []
    return None if any(tokens) else lists.Failure("bad_shape", posts[-1].status)
