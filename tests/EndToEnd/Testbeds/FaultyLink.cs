using OppTel.EndToEnd.Tests.Testbeds.Links;

namespace OppTel.EndToEnd.Tests.Testbeds;

/// <summary>
/// The cable between host and DPU, joined by this process: what it does to the frames of each direction changes while it runs, and all
/// that it does is counted. Needs a testbed made with <c>--cut</c>. Frames are untagged: the kernel keeps VLAN tags apart from them.
/// </summary>
internal sealed class FaultyLink : IDisposable
{
    private readonly PacketSocket host, dpu;

    /// <param name="where">The namespace between host and DPU.</param>
    /// <param name="seed">The same seed and the same frames meet the same faults.</param>
    public FaultyLink(NetworkNamespace where, int seed = 1)
    {
        host = new PacketSocket(where, "host0");
        dpu = new PacketSocket(where, "dpu0");
        host.TakeFromTheWire();
        dpu.TakeFromTheWire();
        ToDpu = new LinkDirection("to dpu", host, dpu, seed);
        ToHost = new LinkDirection("to host", dpu, host, ~seed);
    }

    /// <summary>From host to DPU.</summary>
    public LinkDirection ToDpu { get; }

    /// <summary>From DPU to host.</summary>
    public LinkDirection ToHost { get; }

    /// <summary>What happens in both directions.</summary>
    public LinkFaults Faults
    {
        set => ToDpu.Faults = ToHost.Faults = value;
    }

    /// <summary>Frames that came and found no room: the link itself must not be what loses any.</summary>
    public uint Missed => host.Missed + dpu.Missed;

    public void Dispose()
    {
        ToDpu.Dispose();
        ToHost.Dispose();
        host.Dispose();
        dpu.Dispose();
    }
}
