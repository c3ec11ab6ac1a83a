namespace OppTel.Wire.Tests;

/// <summary>One key signs, both verify; they change while they are in use.</summary>
public sealed class ControlKeyTests
{
    private static readonly SecretKey Old = Key(1), New = Key(2), Third = Key(3);

    [Fact]
    public void TheFirstSignsAndBothVerify()
    {
        ControlKey both = ControlKey.FromKeys([Key(2), Key(1)]);
        Assert.True(ControlKey.FromKeys([New]).Verify(Signed(both)));
        Assert.True(both.Verify(Signed(ControlKey.FromKeys([Old])), out SecretKey? by));
        Assert.Same(both.Keys[1], by);
        Assert.False(both.Verify(Signed(ControlKey.FromKeys([Third]))));
        Assert.Equal((0ul, 1ul), (both.Keys[0].Verified, both.Keys[1].Verified));
        Assert.NotEqual(Old.Fingerprint, New.Fingerprint);
    }

    /// <summary>Whatever the order of the steps on two sides: as long as they share a key that the one signs with, the other understands it.</summary>
    [Fact]
    public void WhoFollowsUsesWhatTheOtherSideUses()
    {
        ControlKey host = ControlKey.FromKeys([Key(1)]), dpu = ControlKey.FromKeys([Key(1)]);
        SecretKey[][] steps = [[Key(1), Key(2)], [Key(2), Key(1)], [Key(2)]];
        for (int step = 0; step < steps.Length; step++)
        {
            // The host's file is changed before the DPU's, behind it, and not at all in the second step.
            if (step == 0)
                host.Replace(steps[step]);
            Converse(dpu, host);
            dpu.Replace(steps[step]);
            Converse(dpu, host);
            if (step == 2)
                host.Replace(steps[step]);
            Converse(dpu, host);
        }

        Assert.Equal(New.Fingerprint, host.Signing.Fingerprint);
        Assert.Single(host.Keys);
    }

    [Fact]
    public void AFollowedKeyStaysInUseWhenTheFileChangesAroundIt()
    {
        ControlKey key = ControlKey.FromKeys([Key(1), Key(2)]);
        key.Follow(key.Keys[1]);
        Assert.Equal(New.Fingerprint, key.Signing.Fingerprint);
        Assert.True(key.Replace([Key(3), Key(2)]));
        Assert.Equal(New.Fingerprint, key.Signing.Fingerprint);
        Assert.True(key.Replace([Key(3)]));
        Assert.Equal(Third.Fingerprint, key.Signing.Fingerprint);
        Assert.False(key.Replace([Key(3)]));
        key.Follow(Old);
        Assert.Equal(Third.Fingerprint, key.Signing.Fingerprint);
    }

    [Fact]
    public void ThePublicKeyStaysWhatItIsAndThereAreOneOrTwo()
    {
        Assert.Throws<InvalidOperationException>(() => ControlKey.Public.Replace([Old]));
        Assert.Throws<ArgumentException>(() => ControlKey.FromKeys([]));
        Assert.Throws<ArgumentException>(() => ControlKey.FromKeys([Key(1), Key(2), Key(3)]));
        Assert.False(ControlKey.Public.IsSecret);
    }

    /// <summary>A beacon, by which the host follows, and a frame back.</summary>
    private static void Converse(ControlKey dpu, ControlKey host)
    {
        Assert.True(host.Verify(Signed(dpu), out SecretKey? by));
        host.Follow(by!);
        Assert.True(dpu.Verify(Signed(host)));
        Assert.Equal(dpu.Signing.Fingerprint, host.Signing.Fingerprint);
    }

    private static byte[] Signed(ControlKey key)
    {
        byte[] packet = new byte[ControlHeader.Size + 8];
        new ControlHeader(ControlKind.Heartbeat, 8, 5, 6).Write(packet);
        key.Sign(packet);
        return packet;
    }

    private static SecretKey Key(byte number) => new([.. Enumerable.Repeat(number, SecretKey.Size)]);
}
