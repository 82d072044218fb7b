"""The ways in which a meter's events become one number: one file a way, each a pure fold over what it read before."""

from plg.usage.aggregations.aggregation import Aggregation
from plg.usage.aggregations.count import COUNT
from plg.usage.aggregations.last import LAST
from plg.usage.aggregations.max import MAX
from plg.usage.aggregations.sum import SUM
from plg.usage.aggregations.unique import UNIQUE

AGGREGATIONS: dict[str, Aggregation] = {each.name: each for each in (COUNT, SUM, MAX, UNIQUE, LAST)}
