namespace OppTel.Aggregator.Web;

/// <summary>A request that cannot be answered as it is.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="message">What is wrong, and what would be right.</param>
internal sealed class RequestException(int status, string message) : Exception(message)
{
    /// <summary>HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>400.</summary>
    public RequestException(string message)
        : this(400, message)
    {
    }
}
