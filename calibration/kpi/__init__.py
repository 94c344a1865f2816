"""KPIs in pairs: how many negative emotions are found, and how many alarms are false."""
