"""FAKE Maya: which flags the commands take that Mien uses, in which mode, and of what type.

A flag that isn't here is refused even if a real Maya has it: add it here, after its page in Autodesk's
command reference, when the adapter begins to use it. tests/maya/test_fake.py holds this table against both
stub packages, so that no flag is made up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_TANGENTS = (
    "linear",
    "auto",
    "spline",
    "flat",
    "step",
    "stepnext",
    "clamped",
    "plateau",
    "fast",
    "slow",
    "fixed",
)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, (bool, np.generic))


def _pair(value: Any, check: Callable[[Any], bool]) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(check, value))


KINDS: dict[str, Callable[[Any], bool]] = {
    "b": lambda v: isinstance(v, bool),
    "i": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "f": _number,
    "s": lambda v: isinstance(v, str),
    "t": _number,
    "range": lambda v: _pair(v, _number),
    "tangent": lambda v: v in _TANGENTS,
    "target": lambda v: isinstance(v, tuple) and len(v) == 4 and [*map(type, v)] == [str, int, str, float],
    "script": lambda v: isinstance(v, str) or callable(v),
    "strings": lambda v: isinstance(v, (str, list, tuple)) and all(isinstance(x, str) for x in v),
    "named": lambda v: _pair(v, lambda x: isinstance(x, (str, int))) and isinstance(v[0], str),
    "event": lambda v: isinstance(v, tuple) and len(v) == 2 and isinstance(v[0], str) and callable(v[1]),
    "dock": lambda v: isinstance(v, tuple) and len(v) == 2 and [*map(type, v)] == [str, bool],
    "tab": lambda v: isinstance(v, tuple) and len(v) == 2 and [*map(type, v)] == [str, int],
    "size": lambda v: _pair(v, lambda x: isinstance(x, int)),
}

SPECS = r"""
ls              selection:b:C objectsOnly:b:C dagObjects:b:C noIntermediate:b:C type:s:C long:b:C
nodeType
objExists
listRelatives   shapes:b:C noIntermediate:b:C type:s:C fullPath:b:C parent:b:C
listHistory     pruneDagObjects:b:C
listAttr        multi:b:C userDefined:b:C keyable:b:C
getAttr         lock:b:C keyable:b:C type:b:C time:t:C
setAttr         lock:b:C keyable:b:C type:s:C
attributeQuery  node:s:C listParent:b:C exists:b:C
listConnections source:b:C destination:b:C plugs:b:C skipConversionNodes:b:C type:s:C
connectAttr     force:b:C
disconnectAttr
referenceQuery  isNodeReferenced:b:C
setKeyframe     time:t:C value:f:C animLayer:s:C inTangentType:tangent:C outTangentType:tangent:C
cutKey          time:range:C clear:b:C
keyframe        time:range:QE valueChange:f:QE timeChange:f:QE keyframeCount:b:Q
animLayer       root:b:Q exists:b:Q lock:b:CQE mute:b:CQE solo:b:CQE weight:f:CQE override:b:CQE \
                attribute:strings:E findCurveForPlug:s:E
undoInfo        openChunk:b:C closeChunk:b:C chunkName:s:C state:b:CQ stateWithoutFlush:b:C undoName:b:Q
undo
redo
loadPlugin      quiet:b:C
currentUnit     time:s:CQ linear:s:CQ angle:s:CQ
playbackOptions minTime:f:CQ maxTime:f:CQ playbackSpeed:f:CQ maxPlaybackSpeed:f:CQ
play            state:b:C
currentTime
upAxis          axis:s:CQ
blendShape      frontOfChain:b:C name:s:C target:target:E
duplicate       name:s:C returnRootsOnly:b:C
delete
rename
aliasAttr
select          replace:b:C clear:b:C
sound           file:s:C name:s:C offset:f:CQ
timeControl     sound:s:E displaySound:b:E
imagePlane      camera:s:C fileName:s:C name:s:C
fileInfo        remove:s:C
optionVar       stringValue:named:C intValue:named:C query:s:- exists:s:C remove:s:C
about           batch:b:C version:b:C
internalVar     userAppDir:b:C
file            sceneName:b:Q modified:b:CQ open:b:C force:b:C rename:s:C save:b:C type:s:C
evalDeferred    lowestPriority:b:C
scriptJob       event:event:C kill:i:C exists:i:C protected:b:C parent:s:C
menu            exists:b:C label:s:C parent:s:C tearOff:b:C
menuItem        label:s:C command:script:C parent:s:C divider:b:C annotation:s:C
deleteUI        control:b:C
confirmDialog   title:s:C message:s:C icon:s:C button:strings:C defaultButton:s:C \
                cancelButton:s:C dismissString:s:C
fileDialog2     caption:s:C fileFilter:s:C fileMode:i:C
inViewMessage   statusMessage:s:C position:s:C fade:b:C
workspaceControl exists:b:C label:s:C uiScript:s:CE restore:b:E visible:b:E retain:b:C \
                initialWidth:i:C minimumWidth:i:C close:b:E tabToControl:tab:CE
workspaceControlState exists:b:C remove:b:C
shelfTabLayout  selectTab:b:Q childArray:b:Q
shelfLayout     childArray:b:Q exists:b:C
shelfButton     parent:s:C label:s:CQ annotation:s:C command:s:C image:s:C imageOverlayLabel:s:C \
                sourceType:s:C exists:b:C docTag:s:CQ
"""

TABLE: dict[str, dict[str, tuple[str, str]]] = {}
for _line in SPECS.replace("\\\n", "").strip().splitlines():
    _name, *_flags = _line.split()
    TABLE[_name] = {flag: (kind, modes) for flag, kind, modes in (text.split(":") for text in _flags)}

_OWN_QUERY = {"optionVar": "query"}
"""Commands whose `query` takes a name."""


def check(command: str, flags: dict[str, Any]) -> str:
    """Refuse what the command doesn't take; the mode: "C", "Q" or "E"."""
    known = TABLE[command]
    given = dict(flags)
    mode = "C"
    for word, letter in (("query", "Q"), ("edit", "E")):
        if word in given and _OWN_QUERY.get(command) != word:
            if given.pop(word) is not True:
                raise TypeError(f"FAKE {command}: {word} is given only as True")
            mode = letter if mode == "C" else "-"
    if mode == "-":
        raise RuntimeError(f"FAKE {command}: query and edit at once")
    for flag, value in given.items():
        if flag not in known:
            raise TypeError(f"Invalid flag '{flag}'")
        kind, modes = known[flag]
        if modes != "-" and mode not in modes:
            raise RuntimeError(f"FAKE {command}: the flag '{flag}' can't be used in mode {mode}")
        asked = mode == "Q" and value is True
        if not asked and not KINDS[kind](value):
            raise TypeError(f"FAKE {command}: the flag '{flag}' takes no {type(value).__name__} {value!r}")
    return mode
