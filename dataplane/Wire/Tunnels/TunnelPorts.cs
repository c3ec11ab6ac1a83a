namespace OppTel.Wire.Tunnels;

/// <summary>How a tunnel wraps a frame.</summary>
public enum TunnelKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>RFC 7348.</summary>
    Vxlan,

    /// <summary>RFC 8926.</summary>
    Geneve,
}

/// <summary>UDP ports that tunnels go to.</summary>
/// <param name="vxlan">At most <see cref="Most"/>.</param>
/// <param name="geneve">At most <see cref="Most"/>.</param>
public sealed class TunnelPorts(IReadOnlyList<int> vxlan, IReadOnlyList<int> geneve)
{
    /// <summary>Most ports of a kind.</summary>
    public const int Most = 8;

    private readonly ushort[] vxlan = [.. vxlan.Select(port => (ushort)port)];
    private readonly ushort[] geneve = [.. geneve.Select(port => (ushort)port)];

    /// <summary>No tunnels.</summary>
    public static TunnelPorts None { get; } = new([], []);

    /// <summary>Those that are registered with IANA, and the one that Linux took for VXLAN before.</summary>
    public static TunnelPorts Default { get; } = new([4789, 8472], [6081]);

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => vxlan.Length + geneve.Length == 0;

    /// <summary>What goes to a port.</summary>
    public TunnelKind KindOf(ushort port) =>
        vxlan.AsSpan().Contains(port) ? TunnelKind.Vxlan : geneve.AsSpan().Contains(port) ? TunnelKind.Geneve : TunnelKind.None;
}
