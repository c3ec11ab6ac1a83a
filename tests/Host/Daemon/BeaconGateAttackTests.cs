using CsCheck;
using OppTel.Host.Control;
using OppTel.Wire;

namespace OppTel.Host.Tests.Daemon;

/// <summary>Recorded beacons against a gate: they neither keep a lease alive nor the living DPU out.</summary>
public sealed class BeaconGateAttackTests
{
    private const ulong Us = 77, Millisecond = 1_000_000;
    private static readonly ControlKey Key = ControlKey.FromBytes([.. Enumerable.Repeat((byte)7, 32)]);
    private readonly BeaconGate gate = new(Key, Us);
    private ulong now = 1000 * Millisecond;

    [Fact]
    public void ARecordOfAnotherTimeDoesNotInterruptALivingDpu()
    {
        Expect(BeaconVerdict.Accepted, Frame(1, 1, names: Us));
        // Of an earlier life of this daemon: it names another instance.
        Expect(BeaconVerdict.Unproven, Frame(2, 500, names: 76));
        now += 100 * Millisecond;
        Expect(BeaconVerdict.Accepted, Frame(1, 2, names: Us));
    }

    [Fact]
    public void ARecordThatComesFirstDoesNotKeepTheLivingDpuOut()
    {
        Expect(BeaconVerdict.Accepted, Frame(2, 500, names: 76));
        Expect(BeaconVerdict.Accepted, Frame(1, 1, names: 0));
        Expect(BeaconVerdict.Accepted, Frame(2, 501, names: 76));
        Expect(BeaconVerdict.Replayed, Frame(2, 501, names: 76));
        Expect(BeaconVerdict.Accepted, Frame(1, 2, names: Us));
        // From here on the record is known for what it is.
        now += 1000 * Millisecond;
        Expect(BeaconVerdict.Replayed, Frame(2, 502, names: 76));
        Expect(BeaconVerdict.Accepted, Frame(1, 3, names: Us));
    }

    [Fact]
    public void ADpuThatStartsAgainIsHeardAtOnceIfItKnowsUsAndBehindTheLeaseIfNot()
    {
        Expect(BeaconVerdict.Accepted, Frame(1, 9, names: Us));
        Expect(BeaconVerdict.Unproven, Frame(2, 1, names: 0));
        now += 301 * Millisecond;
        Expect(BeaconVerdict.Accepted, Frame(2, 2, names: 0));
        Expect(BeaconVerdict.Accepted, Frame(2, 3, names: Us));
        Expect(BeaconVerdict.Accepted, Frame(3, 1, names: Us));
        Expect(BeaconVerdict.Replayed, Frame(2, 4, names: Us));
        Expect(BeaconVerdict.Replayed, Frame(1, 10, names: Us));
    }

    [Fact]
    public void AHostWithoutASecretDoesNotObeyWhoWantsTags()
    {
        BeaconGate open = new(ControlKey.Public, Us);
        Assert.Equal(BeaconVerdict.NoKey, open.Judge(Frame(1, 1, Us, BeaconFlags.Tags, ControlKey.Public), now, out _, out _));
        Assert.Equal(BeaconVerdict.Accepted, open.Judge(Frame(1, 2, Us, BeaconFlags.None, ControlKey.Public), now, out _, out _));
    }

    /// <summary>
    /// An attacker who has every beacon that ever was sends any of them at any time: none is accepted twice, none extends a lease once its DPU has
    /// been replaced, and the living DPU is accepted each time that it proves itself.
    /// </summary>
    [Fact]
    public void NoOrderOfRecordsLocksTheLivingDpuOut() => Gen.Select(Gen.Int[0, 5], Gen.Int[0, 400]).Array[1, 200].Sample(steps =>
    {
        BeaconGate target = new(Key, Us);
        // Earlier DPUs and earlier lives of the daemon, and what the living one has sent.
        List<byte[]> records = [.. from instance in Enumerable.Range(10, 30) from number in Enumerable.Range(1, 5) select Frame((ulong)instance, (ulong)number, names: 50)];
        HashSet<byte[]> accepted = [];
        ulong time = 1, counter = 0;
        foreach ((int kind, int at) in steps)
        {
            time += (ulong)at * Millisecond;
            byte[] frame = kind == 0 ? Frame(1, ++counter, names: Us) : records[at % records.Count];
            BeaconVerdict verdict = target.Judge(frame, time, out Beacon beacon, out _);
            if (kind == 0)
                Assert.Equal(BeaconVerdict.Accepted, verdict);
            if (kind == 0)
                records.Add(frame);
            if (verdict == BeaconVerdict.Accepted)
                Assert.True(accepted.Add(frame), "accepted twice");
            if (kind != 0 && counter > 0 && verdict == BeaconVerdict.Accepted)
                Assert.NotEqual(Us, beacon.HostInstance);
        }
    }, iter: 500);

    private void Expect(BeaconVerdict expected, byte[] frame) => Assert.Equal(expected, gate.Judge(frame, now, out _, out _));

    private static byte[] Frame(ulong instance, ulong counter, ulong names, BeaconFlags flags = BeaconFlags.None, ControlKey? key = null)
    {
        byte[] frame = new byte[14 + ControlHeader.Size + Beacon.FixedSize];
        Span<byte> packet = frame.AsSpan(14);
        new ControlHeader(ControlKind.Beacon, Beacon.FixedSize, instance, counter).Write(packet);
        new Beacon(1, names, 300, 3, 0, 512, Flags: flags).Write(packet[ControlHeader.Size..]);
        (key ?? Key).Sign(packet);
        return frame;
    }
}
