"""English stop words."""

_WORDS = """
a about after again all also am an and any are as at be because been before being between both
but by can could did do does doing during each for from further had has have having he her here
hers him his how i if in into is it its itself just me more most my no nor not of off on once
only or other our out over own same she should so some such than that the their them then there
these they this those through to too under until up was we were what when where which while who
whom whose why will with would you your
"""
STOP_WORDS = frozenset(_WORDS.split())
