using System.Runtime.InteropServices;
using OppTel.Bpf;

namespace OppTel.Host.Tests.Bpf;

public sealed class LayoutTests : IDisposable
{
    private readonly BpfObject bpf = BpfObject.Open(KernelFixture.ObjectPath);

    public void Dispose() => bpf.Dispose();

    [Fact]
    public void TheSharedLayoutsAgreeWithTheObject() => Assert.Empty(LayoutCheck.FindDifferences(bpf.Btf()));

    [Fact]
    public void EveryWireStructureIsSeenWhole() =>
        Assert.Equal(
            ["opptel_footer: 11", "opptel_value: 2", "opptel_sample: 4", "opptel_control: 7", "opptel_beacon: 11", "opptel_beacon_stream: 4", "opptel_beacon_boost: 3"],
            WireViews.All.Select(view => $"{view.Name}: {view.View.Offsets.Count}"));

    [Fact]
    public void EveryDifferenceOfADoctoredStructureIsNamed()
    {
        List<string> differences = [];
        LayoutCheck.Compare("opptel_slot", SharedViews.View<Doctored>(), bpf.Btf().Structure("opptel_slot"), differences);
        Assert.Equal(
            [
                "struct opptel_slot has 32 bytes, its view 24",
                "opptel_slot.live is at byte 20, in its view at 16",
                "struct opptel_slot has no member colour, its view has",
                .. new[] { "since", "state", "left", "class", "redundancy", "copies" }.Select(member => $"the view lacks opptel_slot.{member}"),
            ],
            differences);
    }

    [Fact]
    public void EveryDifferenceOfADoctoredEnumerationIsNamed()
    {
        IReadOnlyDictionary<string, int> real = bpf.Btf().Enumeration("opptel_strip_reason")!;
        Dictionary<string, int> doctored = real.Where(number => !number.Key.EndsWith("REASONS", StringComparison.Ordinal)).ToDictionary();
        List<string> differences = [];
        LayoutCheck.Compare("opptel_strip_reason", doctored, real, differences);
        Assert.Empty(differences);
        doctored["OPPTEL_STRIP_BAD_LENGTH"] = 4;
        doctored.Remove("OPPTEL_STRIP_BAD_CHECKSUM");
        doctored["OPPTEL_STRIP_BAD_MOOD"] = 6;
        LayoutCheck.Compare("opptel_strip_reason", doctored, real, differences);
        Assert.Equal(
            ["OPPTEL_STRIP_BAD_LENGTH is 3, in its view 4", "the view lacks OPPTEL_STRIP_BAD_CHECKSUM", "enum opptel_strip_reason lacks OPPTEL_STRIP_BAD_MOOD"],
            differences);
    }

    [Fact]
    public void WhatTheObjectDoesNotKnowIsNamed()
    {
        List<string> differences = [];
        LayoutCheck.Compare("opptel_nothing", SharedViews.View<Doctored>(), bpf.Btf().Structure("opptel_nothing"), differences);
        LayoutCheck.Compare("opptel_none", new Dictionary<string, int>(), bpf.Btf().Enumeration("opptel_none"), differences);
        Assert.Equal(["struct opptel_nothing is not in the object", "enum opptel_none is not in the object"], differences);
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Doctored
    {
        private readonly ulong value;
        private readonly ulong padding;
        private readonly uint live;
        private readonly uint colour;
    }
}
