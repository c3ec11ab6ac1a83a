using CsCheck;
using OppTel.Worker;

namespace OppTel.Dataplane.Tests;

public class CandidatesTests
{
    private const ushort Magic = Wire.WireFormat.Magic;

    [Fact]
    public void VectorAndScalarMasksAgreeForEveryLength()
    {
        Gen<ulong> word = Gen.Select(Gen.ULong, Gen.Int[0, 3]).Select((bits, kind) =>
            kind == 0 ? (bits & Wire.WireFormat.Mask48) | ((ulong)Magic << 48) : kind == 1 ? bits ^ ((ulong)Magic << 48) : bits);
        word.Array[0, Candidates.MaxWords].Sample(words =>
            Assert.Equal(Candidates.FindScalar(words, Magic), Candidates.Find(words, Magic)));
    }

    [Fact]
    public void EveryPositionAloneIsFound()
    {
        for (int length = 1; length <= Candidates.MaxWords; length++)
        {
            for (int position = 0; position < length; position++)
            {
                ulong[] words = new ulong[length];
                words[position] = (ulong)Magic << 48;
                Assert.Equal(1u << position, Candidates.Find(words, Magic));
            }
        }
    }
}
