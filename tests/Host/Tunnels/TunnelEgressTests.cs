using OppTel.Bpf;
using OppTel.Host.Tests.Bpf;
using OppTel.Wire;
using OppTel.Wire.Tests.Vectors;
using OppTel.Wire.Tunnels;

namespace OppTel.Host.Tests.Tunnels;

/// <summary>The egress program of tunnels' devices, run on frames in the kernel.</summary>
public sealed class TunnelEgressTests : IDisposable
{
    private const uint Loopback = 1;
    private const int Ipv4Udp = 14 + 20 + 8;
    private readonly KernelFixture kernel = new();
    private readonly BpfProgram program;

    public TunnelEgressTests() => program = kernel.Object.Program("opptel_egress_tunnel");

    public void Dispose() => kernel.Dispose();

    [Fact]
    public void ATrailerInATunnelSaysSo()
    {
        SetRoom(1464, 1480);
        kernel.Publish(100, 1, 2);
        byte[] frame = Frames.Ipv4Udp(77), sent = Send(frame);
        Assert.Equal(StripReason.Stripped, Trailer.Inspect(sent, out int length));
        Assert.Equal(frame, sent[..^length]);
        (Footer footer, ValueRecord[] values) = KernelFixture.Read(sent.AsSpan(^length..));
        Assert.Equal((TrailerFlags.Tunnel, 2), (footer.Flags, values.Length));
        Assert.Equal(1ul, kernel.Count(EgressReason.Stamped));
    }

    [Fact]
    public void ADeviceOfWhichNothingIsKnownCarriesNothing()
    {
        kernel.Publish(100, 1);
        Assert.Equal(Frames.Ipv4Udp(77), Send(Frames.Ipv4Udp(77)));
        Assert.Equal(1ul, kernel.Count(EgressReason.NoSlack));
    }

    /// <summary>32 bytes hold one value, 8 more each another: the last byte that fits, and the first that does not.</summary>
    [Theory]
    [InlineData(1000, 0u, 0)]
    [InlineData(1000, 1480u, 0)]
    [InlineData(1000, 1100u, 1100 - 16)]
    [InlineData(1000, 600u, 1200 - 16)]
    public void AFrameIsFilledUpToWhatTheOuterPacketTakes(uint fits, uint chunk, int end)
    {
        SetRoom(fits, chunk);
        int room = end == 0 ? (int)fits : end;
        for (int values = 1; values <= 3; values++)
        {
            int payload = room - 24 - (8 * values) - Ipv4Udp;
            kernel.Publish(100, 1, 2, 3, 4);
            Assert.Equal(values, Values(payload));
            kernel.Publish(100, 1, 2, 3, 4);
            Assert.Equal(values - 1, Values(payload + 1));
        }
    }

    [Fact]
    public void WhatIsFragmentedCarriesNothingWhereItsHeadersAreNotKnown()
    {
        SetRoom(600, 0);
        kernel.Publish(100, 1);
        Assert.Equal(0, Values(700));
        SetRoom(600, 640);
        Assert.Equal(1, Values(700));
    }

    [Fact]
    public void AForgedTrailerIsTrimmedOnItsWayIntoATunnel()
    {
        SetRoom(1464, 1480);
        byte[] frame = Frames.Ipv4Udp(9);
        Assert.Equal(frame, Send(Frames.Forge(frame, values: 3)));
        Assert.Equal(1ul, kernel.Count(EgressReason.ForgedTrimmed));
    }

    [Fact]
    public void LinesAreThoseOfTheOuterFrame()
    {
        SetRoom(1464, 1480);
        kernel.State[0].Line = 64;
        kernel.SetLive(100, 40, live: true);
        byte[] sent = Send(Frames.Ipv4Udp(76));
        Assert.Equal(0, (sent.Length + 50) % 64);
    }

    /// <summary>The golden vectors' inner frames, stamped by the program, are those in the vectors but for time, stream and sum.</summary>
    [Fact]
    public void TheGoldenVectorsInnerFramesComeOut()
    {
        SetRoom(1464, 1480);
        Vector[] vectors = [.. VectorFile.Load().Vectors.Where(vector => vector is { Place: "tunnel", Trailer: { Flags: 8, Pad: 0 } })];
        Assert.True(vectors.Length > 10);
        foreach (Vector vector in vectors)
        {
            TrailerFields fields = vector.Trailer!;
            byte[] original = Convert.FromHexString(vector.Original!);
            Assert.Equal(StripReason.Stripped, OuterHeaders.Read(original, TunnelPorts.Default, out OuterHeaders outer));
            kernel.State[0].Epoch = fields.Epoch;
            for (int cpu = 0; cpu < kernel.Streams.Count; cpu++)
                kernel.Streams[cpu].Sequence = fields.Sequence;
            foreach (ValueFields value in fields.Values)
                kernel.Publish(value.Slot, Convert.ToUInt64(value.Value, 16));
            byte[] sent = Send(original[outer.Frame..]), expected = vector.FrameBytes[outer.Frame..];
            foreach (ValueFields value in fields.Values)
                kernel.SetLive(value.Slot, 1, live: false);
            foreach (byte[] frame in (byte[][])[sent, expected])
            {
                frame.AsSpan(^24..^16).Clear();
                frame.AsSpan(^6..^4).Clear();
            }

            Assert.Equal((vector.Name, Convert.ToHexString(expected)), (vector.Name, Convert.ToHexString(sent)));
        }
    }

    private int Values(int payload)
    {
        byte[] frame = Frames.Ipv4Udp(payload), sent = Send(frame);
        return sent.Length == frame.Length ? 0 : (sent.Length - frame.Length - 24) / 8;
    }

    private byte[] Send(byte[] frame)
    {
        TestRunResult result = program.TestRun(frame);
        Assert.Equal(-1, result.Result);
        return result.Packet;
    }

    private void SetRoom(uint fits, uint chunk) => kernel.Object.Map("opptel_tunnels").Update(Loopback, new HostTunnel(fits, chunk, 50));
}
