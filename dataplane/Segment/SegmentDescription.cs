namespace OppTel.Segment;

/// <summary>One port of a new segment.</summary>
/// <param name="Name">Port name in metrics; at most 64 UTF-8 bytes.</param>
/// <param name="Pair">Name of its pair; at most 64 UTF-8 bytes.</param>
/// <param name="Side">Which side of the pair.</param>
/// <param name="Mtu">Bytes.</param>
/// <param name="RequiresTags">Whether only trailers with a right tag are taken.</param>
public readonly record struct PortDescription(string Name, string Pair, PortSide Side, uint Mtu, bool RequiresTags = false);

/// <summary>What a new segment has to hold.</summary>
/// <param name="Workers">Number of workers; one counter block and one ring each.</param>
/// <param name="Ports">All ports; their order is the port number in ring records.</param>
/// <param name="RingBytes">Data bytes of each ring; a power of two, 4 KiB at least.</param>
public sealed record SegmentDescription(int Workers, IReadOnlyList<PortDescription> Ports, uint RingBytes);

/// <summary>A segment cannot be made or used; the message says which, why and what to do.</summary>
public sealed class SegmentException : Exception
{
    /// <summary>Says why.</summary>
    public SegmentException(string message)
        : base(message)
    {
    }

    /// <summary>Says why, with the cause.</summary>
    public SegmentException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
