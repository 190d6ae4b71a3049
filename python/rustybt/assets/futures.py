"""Contracts of futures as CME names them (https://www.cmegroup.com/month-codes.html).

>>> CMES_CODE_TO_MONTH["Z"], MONTH_TO_CMES_CODE[3]
(12, 'H')
"""

CMES_CODE_TO_MONTH = dict(zip("FGHJKMNQUVXZ", range(1, 13)))
MONTH_TO_CMES_CODE = {month: code for code, month in CMES_CODE_TO_MONTH.items()}
