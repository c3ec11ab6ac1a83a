using System.Globalization;
using System.Net;

namespace OppTel.Host.Fallback;

/// <summary>Where a collector listens.</summary>
/// <param name="Host">A name, or an address without brackets.</param>
/// <param name="Port">UDP port.</param>
public sealed record CollectorAddress(string Host, int Port)
{
    /// <summary>Reads NAME:PORT, ADDRESS:PORT or [ADDRESS]:PORT.</summary>
    public static bool TryParse(string text, out CollectorAddress address)
    {
        int colon = text.LastIndexOf(':');
        string host = colon > 0 ? text[..colon] : "";
        bool isBracketed = host.StartsWith('[') && host.EndsWith(']');
        address = new CollectorAddress(isBracketed ? host[1..^1] : host, 0);
        if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
            return false;
        address = address with { Port = port };
        return isBracketed
            ? IPAddress.TryParse(address.Host, out IPAddress? ip) && ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            : Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;
    }

    /// <inheritdoc/>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
