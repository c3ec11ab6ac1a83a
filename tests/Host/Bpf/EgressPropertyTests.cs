using CsCheck;
using OppTel.Bpf;
using OppTel.Wire;

namespace OppTel.Host.Tests.Bpf;

/// <summary>strip(append(f)) == f, and append changes nothing else: for random frames and for real ones.</summary>
public sealed class EgressPropertyTests : IDisposable
{
    // The kernel's test harness takes a frame that fits one page.
    private const int LongestFrame = 3400;
    private const int LoopbackMtu = 65536;
    private readonly KernelFixture kernel = new();

    public void Dispose() => kernel.Dispose();

    [Fact]
    public void RandomFramesLeaveWholeOrStamped() => AnyFrame.Made().Sample(frame => Check(frame), iter: 20_000, threads: 1);

    [Fact]
    public void EveryRealFrameLeavesWholeOrStamped()
    {
        Dictionary<EgressReason, int> reasons = [];
        int refused = 0;
        foreach (byte[] frame in AnyFrame.Real())
        {
            if (Check(frame) is { } reason)
                reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
            else
                refused++;
        }

        Assert.True(reasons.GetValueOrDefault(EgressReason.Stamped) > 1000, string.Join(", ", reasons));
        Assert.True(refused < reasons.Values.Sum() / 5, $"the test harness took only {reasons.Values.Sum()} of {reasons.Values.Sum() + refused} frames");
    }

    [Fact]
    public void WhatForgesATrailerInAnyWayIsNotStrippedAfterwards() =>
        Gen.Select(AnyFrame.Made(), Gen.Int[0, 20], Gen.Byte.Array[0, 30], Gen.Int[0, 63]).Sample(
            (frame, values, junk, at) =>
            {
                byte[] forged = Frames.Forge([.. frame, .. junk], values);
                forged[^(1 + (at % WireFormat.FooterSize))] ^= (byte)(at < WireFormat.FooterSize ? 0 : at);
                kernel.State[0].LeaseUntil = 0;
                if (TrySend(forged, out byte[] left))
                    Assert.NotEqual(StripReason.Stripped, Trailer.Inspect(left, out _));
            },
            iter: 5_000,
            threads: 1);

    /// <summary>Sends a frame with values due; what was counted, or null when the harness does not take the frame.</summary>
    private EgressReason? Check(byte[] frame)
    {
        kernel.Publish(8, 1, 2, 3);
        ulong[] before = kernel.Counts();
        if (!TrySend(frame, out byte[] left))
            return null;
        ulong[] after = kernel.Counts();
        EgressReason reason = Enum.GetValues<EgressReason>().Single(candidate => after[(int)candidate] != before[(int)candidate]);
        Assert.True(EgressOracle.Expect(frame, LoopbackMtu).Contains(reason), $"{reason} counted for {Convert.ToHexString(frame)}");
        if (reason == EgressReason.Stamped)
        {
            Assert.Equal(StripReason.Stripped, Trailer.Inspect(left, out int length));
            left = left[..^length];
        }

        Assert.True(EgressOracle.Left(frame, reason).SequenceEqual(left), $"{reason} changed {Convert.ToHexString(frame)}");
        return reason;
    }

    private bool TrySend(byte[] frame, out byte[] left)
    {
        left = [];
        if (frame.Length > LongestFrame)
            return false;
        try
        {
            left = kernel.Send(frame);
            return true;
        }
        catch (BpfException exception) when (exception.Error == 22)
        {
            // Shorter than the header that its EtherType announces.
            return false;
        }
    }
}
