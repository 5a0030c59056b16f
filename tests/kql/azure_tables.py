"""Tables that Azure fills itself and that workbooks read: the columns they read, as documented.

Sources: Microsoft Sentinel, *Security alert schema reference* and *Health tables reference*; Azure Monitor Logs
reference, *DCRLogErrors*.
"""

AZURE_TABLES: dict[str, dict[str, str]] = {
    "SecurityAlert": {
        "TimeGenerated": "datetime",
        "SystemAlertId": "string",
        "AlertName": "string",
        "AlertSeverity": "string",
        "AlertType": "string",
        "ProviderName": "string",
        "Description": "string",
    },
    "SentinelHealth": {
        "TimeGenerated": "datetime",
        "OperationName": "string",
        "SentinelResourceId": "string",
        "SentinelResourceName": "string",
        "SentinelResourceType": "string",
        "Status": "string",
        "Description": "string",
        "Reason": "string",
    },
    "DCRLogErrors": {
        "TimeGenerated": "datetime",
        "InputStreamId": "string",
        "OperationName": "string",
        "Message": "string",
        "CorrelationId": "string",
    },
}
