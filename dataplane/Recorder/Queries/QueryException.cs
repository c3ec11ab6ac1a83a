namespace OppTel.Recorder.Queries;

/// <summary>A request asks for more than one request may: says what, and what would do.</summary>
public sealed class QueryException(string message) : Exception(message);
