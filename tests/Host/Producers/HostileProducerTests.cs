using System.Net.Sockets;
using System.Runtime.InteropServices;
using CsCheck;
using OppTel.Bpf;
using OppTel.Host.Samplers;
using OppTel.Host.Tests.Bpf;
using OppTel.Producers;

namespace OppTel.Host.Tests.Producers;

/// <summary>What is wrong is refused with its reason and counted, and harms nobody else.</summary>
public sealed partial class HostileProducerTests : IDisposable
{
    private readonly ProducerBed bed = new();

    public void Dispose() => bed.Dispose();

    public static TheoryData<string, uint> WrongDeclarations => new()
    {
        { "unknown kind", (uint)ProducerVerdict.BadKind }, { "unknown encoding", (uint)ProducerVerdict.BadKind }, { "signed counter", (uint)ProducerVerdict.BadKind },
        { "double histogram", (uint)ProducerVerdict.BadKind }, { "no scale", (uint)ProducerVerdict.BadScale }, { "negative scale", (uint)ProducerVerdict.BadScale },
        { "scale that is no number", (uint)ProducerVerdict.BadScale }, { "endless scale", (uint)ProducerVerdict.BadScale }, { "empty name", (uint)ProducerVerdict.BadName },
        { "name with a dash", (uint)ProducerVerdict.BadName }, { "name with a digit first", (uint)ProducerVerdict.BadName }, { "counter without total", (uint)ProducerVerdict.BadName },
        { "gauge with total", (uint)ProducerVerdict.BadName }, { "histogram with bucket", (uint)ProducerVerdict.BadName }, { "endless name", (uint)ProducerVerdict.BadText },
        { "endless help", (uint)ProducerVerdict.BadText }, { "help that is no text", (uint)ProducerVerdict.BadText }, { "endless label", (uint)ProducerVerdict.BadLabels },
        { "label host", (uint)ProducerVerdict.BadLabels }, { "label le", (uint)ProducerVerdict.BadLabels }, { "label __x", (uint)ProducerVerdict.BadLabels },
        { "label process_pid", (uint)ProducerVerdict.BadLabels }, { "label producer", (uint)ProducerVerdict.BadLabels }, { "label twice", (uint)ProducerVerdict.BadLabels },
        { "value that is no text", (uint)ProducerVerdict.BadLabels }, { "behind its cells", (uint)ProducerVerdict.BadCells }, { "far behind", (uint)ProducerVerdict.BadCells },
        { "histogram over the end", (uint)ProducerVerdict.BadCells }, { "a sampler's", (uint)ProducerVerdict.ReservedName }, { "OppTel's own", (uint)ProducerVerdict.ReservedName },
        { "taken cell", (uint)ProducerVerdict.CellTaken }, { "histogram over a taken cell", (uint)ProducerVerdict.CellTaken }, { "series twice", (uint)ProducerVerdict.SeriesTaken },
        { "another kind", (uint)ProducerVerdict.OtherKind }, { "another scale", (uint)ProducerVerdict.OtherKind },
    };

    [Theory]
    [MemberData(nameof(WrongDeclarations))]
    public void AWrongDeclarationIsRefused(string what, uint verdict)
    {
        bed.Store.Taken.Add("system_memory_usage_bytes");
        using TestProducer program = bed.Welcome(cells: 256);
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(program, TestProducer.Declare("good_total", 100)));
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(program, TestProducer.Declare("good", 101, CellKind.Gauge)));
        Assert.Equal((ProducerVerdict)verdict, bed.Ask(program, Wrong(what)));
        Assert.Equal(1ul, bed.Count((ProducerVerdict)verdict));
        Assert.Equal(2, bed.Store.Declared.Count);
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(program, TestProducer.Declare("good_total", 102, labels: [("x", "1")])));
    }

    [Fact]
    public void MessagesOfEveryOtherLengthAreRefused()
    {
        byte[] rubbish = new byte[4096];
        foreach (MessageKind kind in Enum.GetValues<MessageKind>())
        {
            MemoryMarshal.Write(rubbish, kind);
            for (int length = 1; length <= rubbish.Length; length += length < Marshal.SizeOf<ProducerDeclare>() + 10 ? 1 : 97)
                AssertRefused(rubbish.AsSpan(0, length), IsWhole(kind, length) ? null : ProducerVerdict.BadMessage);
        }

        static bool IsWhole(MessageKind kind, int length) => length == kind switch
        {
            MessageKind.Hello => Marshal.SizeOf<ProducerHello>(),
            MessageKind.Declare => Marshal.SizeOf<ProducerDeclare>(),
            _ => Marshal.SizeOf<ProducerWithdraw>(),
        };
    }

    /// <summary>Declarations with any bytes changed, whole or cut: each is answered or ends its connection, and nobody else notices.</summary>
    [Fact]
    public void WhateverIsSentIsJudged()
    {
        using TestProducer good = bed.Welcome("good");
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(good, TestProducer.Declare("good_total")));
        uint slot = Assert.Single(bed.Store.Declared).FirstSlot;
        TestProducer? hostile = null;
        byte[] valid = Bytes(TestProducer.Declare("bad_total", 3, labels: [("a", "1"), ("b", "2")]));
        Gen.Select(Gen.Select(Gen.Int[0, 300], Gen.Byte).Array[0, 4], Gen.Int[0, 20], Gen.Int[0, 2500]).Sample(
            (changes, cut, length) =>
            {
                byte[] message = [.. valid];
                foreach ((int place, byte value) in changes)
                    message[place] = value;
                hostile ??= bed.Welcome("hostile");
                Assert.True(hostile.Send(message.AsSpan(0, cut == 0 ? Math.Min(length, message.Length) : message.Length)));
                good.Cells[0]++;
                ProducerVerdict? verdict = null;
                ReadUntil(() => (verdict = hostile.TryTake()?.Verdict) is not null || hostile.HasEnded, "it is judged");
                if (verdict is null or ProducerVerdict.BadMessage)
                {
                    ReadUntil(() => bed.Reader.Producers == 1, "the connection ends");
                    hostile = null;
                }

                Assert.Equal(good.Cells[0], bed.Store[slot]);
                Assert.InRange(bed.Store.Declared.Count, 1, 99);
            },
            iter: 2000,
            threads: 1);
        hostile?.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(100)]
    public void AProducerThatSendsRubbishIsLetGoWithItsSeries(int length)
    {
        TestProducer program = bed.Welcome();
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(program, TestProducer.Declare("a_total")));
        Assert.True(program.Send(new byte[length]));
        ReadUntil(() => bed.Reader.Producers == 0, "the connection ends");
        Assert.Empty(bed.Store.Declared);
    }

    [Fact]
    public void AWrongHelloIsRefused()
    {
        ProducerHello hello = TestProducer.Hello();
        hello.Version = 2;
        AssertRefused(Bytes(hello), ProducerVerdict.OtherVersion);
        AssertRefused(Bytes(TestProducer.Hello(name: "")), ProducerVerdict.BadText);
        AssertRefused(Bytes(TestProducer.Hello(name: new string('x', 128))), ProducerVerdict.BadText);
        AssertRefused(Bytes(TestProducer.Hello(cells: 0)), ProducerVerdict.BadCells);
        AssertRefused(Bytes(TestProducer.Hello(cells: 1025)), ProducerVerdict.BadCells);
        AssertRefused(Bytes(TestProducer.Declare("a_total")), ProducerVerdict.OutOfTurn);
        using TestProducer first = bed.Welcome("one");
        AssertRefused(Bytes(TestProducer.Hello("one")), ProducerVerdict.NameTaken);
        Assert.Equal(ProducerVerdict.OutOfTurn, bed.Ask(first, TestProducer.Hello("two")));
    }

    [Fact]
    public void TheirNumberTheirNamesAndTheirSeriesAreBounded()
    {
        using ProducerBed small = new(producers: 2, slots: 3, families: 2);
        using TestProducer one = small.Welcome("one"), two = small.Welcome("two"), three = small.Connect();
        Assert.Equal(ProducerVerdict.TooManyProducers, small.Ask(three, TestProducer.Hello("three")));
        Assert.Equal(ProducerVerdict.TooManySeries, small.Ask(one, TestProducer.Declare("h", 0, CellKind.Histogram)));
        Assert.Equal(ProducerVerdict.Accepted, small.Ask(one, TestProducer.Declare("a_total", 0)));
        Assert.Equal(ProducerVerdict.Accepted, small.Ask(one, TestProducer.Declare("b_total", 1)));
        Assert.Equal(ProducerVerdict.TooManyNames, small.Ask(two, TestProducer.Declare("c_total", 0)));
        Assert.Equal(ProducerVerdict.Accepted, small.Ask(two, TestProducer.Declare("a_total", 0)));
        Assert.Equal(ProducerVerdict.TooManySeries, small.Ask(two, TestProducer.Declare("b_total", 1)));
        Assert.Equal(ProducerVerdict.Accepted, small.Ask(one, new ProducerWithdraw { Kind = MessageKind.Withdraw, Cell = 1 }));
        Assert.Equal(ProducerVerdict.Accepted, small.Ask(two, TestProducer.Declare("b_total", 1)));
    }

    /// <summary>Each bucket of a histogram has an id, for good: one door leaves the others theirs.</summary>
    [Fact]
    public void TheirIdsAreBounded()
    {
        using ProducerBed many = new(families: 4096);
        using TestProducer program = many.Welcome();
        ProducerVerdict verdict = ProducerVerdict.Accepted;
        int names = 0;
        for (; names < 100 && verdict == ProducerVerdict.Accepted; names++)
        {
            verdict = many.Ask(program, TestProducer.Declare($"h{names}", 0, CellKind.Histogram));
            Assert.True(verdict != ProducerVerdict.Accepted || many.Ask(program, new ProducerWithdraw { Kind = MessageKind.Withdraw }) == ProducerVerdict.Accepted);
        }

        Assert.Equal((ProducerVerdict.TooManyNames, DeclaredFamilies.MostIds / (int)HistogramLayout.Slots), (verdict, names - 1));
        Assert.Equal(ProducerVerdict.Accepted, many.Ask(program, TestProducer.Declare("h0", 0, CellKind.Histogram)));
        Assert.Equal(ProducerVerdict.Accepted, many.Ask(program, TestProducer.Declare("c_total", 200)));
    }

    /// <summary>Arrays outlive their connections in whoever keeps descriptors: nobody gets many.</summary>
    [Fact]
    public void WhoComesAgainAndAgainHasToWait()
    {
        using ProducerBed small = new(producers: 2);
        ProducerVerdict verdict = ProducerVerdict.Accepted;
        for (int comes = 0; comes < 100 && verdict == ProducerVerdict.Accepted; comes++)
        {
            using TestProducer program = small.Connect();
            verdict = small.Ask(program, TestProducer.Hello($"{comes}"));
        }

        Assert.Equal(ProducerVerdict.TooOften, verdict);
        Assert.InRange(small.Count(ProducerVerdict.Accepted), 4ul, 20ul);
    }

    /// <summary>A DPU keeps what has ended for a while: nobody fills it.</summary>
    [Fact]
    public void WhoDeclaresAndWithdrawsAllTheTimeHasToWait()
    {
        using ProducerBed small = new(slots: 10);
        using TestProducer program = small.Welcome();
        ProducerVerdict verdict = ProducerVerdict.Accepted;
        for (int number = 0; number < 100 && verdict == ProducerVerdict.Accepted; number++)
        {
            verdict = small.Ask(program, TestProducer.Declare("a_total", labels: [("number", $"{number}")]));
            Assert.True(verdict != ProducerVerdict.Accepted || small.Ask(program, new ProducerWithdraw { Kind = MessageKind.Withdraw }) == ProducerVerdict.Accepted);
        }

        Assert.Equal(ProducerVerdict.TooOften, verdict);
        Assert.False(program.HasEnded);
    }

    [Fact]
    public void ManyWhoSayNothingKeepNobodyOut()
    {
        for (int silent = 0; silent < 60; silent++)
        {
            _ = bed.Connect();
            bed.Read();
        }

        using TestProducer program = bed.Welcome();
        Assert.True(bed.Count(ProducerVerdict.Silent) >= 60 - 16);
        ReadUntil(() => bed.Count(ProducerVerdict.Silent) == 60, "all are let go");
        Assert.Equal(1, bed.Reader.Producers);
    }

    [Fact]
    public void WhoFloodsIsServedLittleAtATimeAndOthersAsBefore()
    {
        using TestProducer quiet = bed.Welcome("quiet"), flood = bed.Welcome("flood");
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(quiet, TestProducer.Declare("a_total")));
        ProducerWithdraw nothing = new() { Kind = MessageKind.Withdraw, Cell = 7 };
        for (int round = 0; round < 100; round++)
        {
            while (flood.Send(nothing) && !flood.HasEnded)
            {
            }

            ulong before = bed.Count(ProducerVerdict.NotDeclared);
            quiet.Cells[0]++;
            Assert.True(quiet.Send(TestProducer.Declare("a_total", 1)));
            bed.Read();
            Assert.InRange(bed.Count(ProducerVerdict.NotDeclared) - before, 0ul, 32ul);
            Assert.Equal(ProducerVerdict.SeriesTaken, quiet.TryTake()?.Verdict);
            Assert.Equal(quiet.Cells[0], bed.Store[bed.Store.Declared[0].FirstSlot]);
        }

        // It never took an answer.
        Assert.Equal(1ul, bed.Count(ProducerVerdict.Deaf));
        Assert.Equal(1, bed.Reader.Producers);
    }

    [Fact]
    public void AnArrayIsMappedNoFurtherThanItsPages()
    {
        using TestProducer one = bed.Welcome("one", 8), two = bed.Welcome("two", 8);
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(one, TestProducer.Declare("a_total", labels: [("who", "one")])));
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(two, TestProducer.Declare("a_total", labels: [("who", "two")])));
        Assert.True(one.CanMap(Environment.SystemPageSize));
        Assert.False(one.CanMap(Environment.SystemPageSize + 1));
        one.Cells.Fill(ulong.MaxValue);
        bed.Read();
        Assert.Equal([ulong.MaxValue, 0ul], bed.Store.Declared.Select(series => bed.Store[series.FirstSlot]));
        Assert.Equal(new ulong[8], two.Cells.ToArray());
    }

    [Fact]
    public void WithoutPermissionNobodyConnects()
    {
        using PinnedThread thread = new(cpu: 0);
        thread.Run(() =>
        {
            _ = SetFileUser(65534);
            SocketException exception = Assert.Throws<SocketException>(() => new TestProducer(bed.Path));
            Assert.Equal(SocketError.AccessDenied, exception.SocketErrorCode);
        });
    }

    /// <summary>In bytes, as the header says.</summary>
    [Fact]
    public void TheLabelsOfASeriesAreBoundedTogether()
    {
        string header = File.ReadAllText(Path.Combine(KernelFixture.Root, "bpf", "include", "opptel", "producer.h"));
        Assert.Contains($"#define OPPTEL_PRODUCER_LABEL_BYTES {ProducerProtocol.LabelBytes} ", header, StringComparison.Ordinal);
        using TestProducer program = bed.Welcome();
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(program, Longest(ProducerProtocol.LabelBytes)));
        Assert.Equal(ProducerVerdict.BadLabels, bed.Ask(program, Longest(ProducerProtocol.LabelBytes + 1)));
    }

    /// <summary>With so many bytes of labels: names of one, values of characters that have two each.</summary>
    private static ProducerDeclare Longest(int bytes)
    {
        (string, string)[] labels = new (string, string)[8];
        for (int index = 0; index < labels.Length; index++)
        {
            int value = Math.Min(126, bytes - 1 - (labels.Length - index - 1) * 2);
            labels[index] = ($"{(char)('a' + index)}", new string('ä', value / 2) + new string('x', value % 2));
            bytes -= 1 + value;
        }

        Assert.Equal(0, bytes);
        return TestProducer.Declare("a_total", 1, labels: labels);
    }

    private static ProducerDeclare Wrong(string what)
    {
        ProducerDeclare declare = TestProducer.Declare("good_total", 0, labels: [("a", "1")]);
        ProducerDeclare histogram = TestProducer.Declare("h", 0, CellKind.Histogram);
        switch (what)
        {
            case "unknown kind": declare.Metric = (CellKind)4; break;
            case "unknown encoding": declare.Encoding = 0; break;
            case "signed counter": declare.Encoding = CellEncoding.Signed; break;
            case "double histogram": histogram.Encoding = CellEncoding.Double; return histogram;
            case "no scale": declare.Scale = 0; break;
            case "negative scale": declare.Scale = -1; break;
            case "scale that is no number": declare.Scale = double.NaN; break;
            case "endless scale": declare.Scale = double.PositiveInfinity; break;
            case "empty name": return TestProducer.Declare("");
            case "name with a dash": return TestProducer.Declare("a-b_total");
            case "name with a digit first": return TestProducer.Declare("1a_total");
            case "counter without total": return TestProducer.Declare("a");
            case "gauge with total": return TestProducer.Declare("a_total", kind: CellKind.Gauge);
            case "histogram with bucket": return TestProducer.Declare("a_bucket", kind: CellKind.Histogram);
            case "endless name": ((Span<byte>)declare.Name).Fill((byte)'a'); break;
            case "endless help": ((Span<byte>)declare.Help).Fill((byte)'a'); break;
            case "help that is no text": declare.Help[0] = 0xFF; break;
            case "endless label": ((Span<byte>)declare.Label[0].Name).Fill((byte)'a'); break;
            case "value that is no text": declare.Label[0].Value[0] = 0xC0; break;
            case "label twice": return TestProducer.Declare("good_total", labels: [("a", "1"), ("a", "2")]);
            case "behind its cells": declare.Cell = 256; break;
            case "far behind": declare.Cell = uint.MaxValue; break;
            case "histogram over the end": histogram.Cell = 63; return histogram;
            case "histogram over a taken cell": histogram.Cell = 10; return histogram;
            case "a sampler's": return TestProducer.Declare("system_memory_usage_bytes", kind: CellKind.Gauge);
            case "OppTel's own": return TestProducer.Declare("opptel_anything_total");
            case "taken cell": declare.Cell = 100; break;
            case "series twice": return TestProducer.Declare("good_total");
            case "another kind": return TestProducer.Declare("good", kind: CellKind.Gauge, encoding: CellEncoding.Signed, labels: [("x", "1")]);
            case "another scale": declare.Scale = 2; break;
            default: return TestProducer.Declare("good_total", labels: [(what["label ".Length..], "1")]);
        }

        return declare;
    }

    private static byte[] Bytes<T>(T message)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in message)).ToArray();

    /// <summary>On a connection of its own, which then ends.</summary>
    private void AssertRefused(ReadOnlySpan<byte> message, ProducerVerdict? expected)
    {
        using TestProducer program = bed.Connect();
        Assert.True(program.Send(message));
        ProducerVerdict verdict = bed.TakeAnswer(program).Verdict;
        Assert.True(expected is null ? verdict is ProducerVerdict.OtherVersion or ProducerVerdict.OutOfTurn : verdict == expected, $"{message.Length} bytes: {verdict}");
        // A process that starts meanwhile holds a copy of the other end for a moment.
        Wait.Until(() => program.TryTake() is null && program.HasEnded, "the connection ends");
    }

    private void ReadUntil(Func<bool> condition, string what) => Wait.Until(
        () =>
        {
            bed.Read();
            return condition();
        },
        what);

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFileUser(uint user);
}
