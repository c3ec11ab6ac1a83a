using CsCheck;
using OppTel.Wire.Tests.Vectors;

namespace OppTel.Wire.Tests;

/// <summary>SipHash against its published vectors and a plain one; tags under every bit flipped.</summary>
public sealed class TagTests
{
    /// <summary>From the appendix of the paper and the reference code: key 00 01 .. 0f, message 00 01 .. of that many bytes.</summary>
    [Theory]
    [InlineData(0, 0x726FDB47DD0E0E31ul)]
    [InlineData(1, 0x74F839C593DC67FDul)]
    [InlineData(2, 0x0D6C8009D9A94F5Aul)]
    [InlineData(3, 0x85676696D7FB7E2Dul)]
    [InlineData(7, 0xAB0200F58B01D137ul)]
    [InlineData(8, 0x93F5F5799A932462ul)]
    [InlineData(15, 0xA129CA6149BE45E5ul)]
    public void ThePublishedVectorsHold(int length, ulong expected)
    {
        byte[] key = Count(16), message = Count(length);
        Assert.Equal(expected, SipHash.Hash(message, TrailerKey.FromBytes(key)));
        Assert.Equal(expected, PlainSip.Hash(key, message));
    }

    [Fact]
    public void APlainImplementationAgrees() => Gen.Select(Gen.Byte.Array[16], Gen.Byte.Array[0, 300]).Sample((key, message) =>
        Assert.Equal(PlainSip.Hash(key, message), SipHash.Hash(message, TrailerKey.FromBytes(key))));

    [Fact]
    public void NoBitOfATaggedTrailerMayFlipUnlessItIsOfTheChecksum() => Gen.Select(Gen.Int[0, 8], Gen.Int[0, 3], Gen.ULong, Gen.ULong).Sample((values, pad, k0, k1) =>
    {
        TrailerKey key = new(k0, k1);
        byte[] trailer = Frames.Trailer(Frames.Values(values), flags: TrailerFlags.Tag, pad: (byte)(2 * pad));
        TrailerTag.Sign(trailer, key);
        Assert.Equal(0xFFFF, OnesComplement.Sum(trailer));
        Assert.True(TrailerTag.IsRight(trailer, key));
        Assert.False(TrailerTag.IsRight(trailer, new TrailerKey(k0, k1 ^ 1)));
        for (int bit = 0; bit < trailer.Length * 8; bit++)
        {
            if (bit / 8 == trailer.Length - 6 || bit / 8 == trailer.Length - 5)
                continue;
            trailer[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(TrailerTag.IsRight(trailer, key));
            trailer[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }, iter: 50);

    [Fact]
    public void ATrailerWithoutATagHasNoRightOne()
    {
        Assert.False(TrailerTag.IsRight(Frames.Trailer([]), new TrailerKey(1, 2)));
        Assert.False(TrailerTag.IsRight(Frames.Trailer(Frames.Values(9)), new TrailerKey(1, 2)));
    }

    [Fact]
    public void KeysOfTrailersDifferByKeyAndByInstance()
    {
        SecretKey one = new(new byte[32]), other = new([1, .. new byte[31]]);
        Assert.Equal(one.TrailerKey(7), new SecretKey(new byte[32]).TrailerKey(7));
        Assert.NotEqual(one.TrailerKey(7), one.TrailerKey(8));
        Assert.NotEqual(one.TrailerKey(7), other.TrailerKey(7));
        // By the specification, with another implementation (Python's hmac): key 00 01 .. 1f, instance 0x0102030405060708.
        TrailerKey derived = new SecretKey(Count(32)).TrailerKey(0x0102_0304_0506_0708);
        Assert.Equal((0x4BC9A1B357F9D5F7ul, 0xD827A90E5333F0C5ul), (derived.Word0, derived.Word1));
    }

    [Fact]
    public void SigningVerifyingAndDerivingAllocateNothing()
    {
        byte[] trailer = Frames.Trailer(Frames.Values(5), flags: TrailerFlags.Tag, pad: 2);
        SecretKey secret = new(Count(32));
        Work(10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Work(10_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Work(int rounds)
        {
            for (int round = 0; round < rounds; round++)
            {
                TrailerKey key = secret.TrailerKey((ulong)round);
                TrailerTag.Sign(trailer, key);
                if (!TrailerTag.IsRight(trailer, key))
                    throw new InvalidOperationException("wrong verdict");
            }
        }
    }

    private static byte[] Count(int length) => [.. Enumerable.Range(0, length).Select(index => (byte)index)];
}
