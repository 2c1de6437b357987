"""The biweekly detention-statistics workbooks."""
