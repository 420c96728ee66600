"""The nets, in one explicit table."""

from collections.abc import Mapping

from torch import nn

from restorer_app.engine.nets.enlarge import Enlarge
from restorer_app.engine.nets.mend import Mend
from restorer_app.engine.nets.trunk import Trunk

NETS: Mapping[str, type[nn.Module]] = {"trunk": Trunk, "enlarge": Enlarge, "mend": Mend}
