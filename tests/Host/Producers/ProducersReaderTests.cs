using CsCheck;
using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.Tests.Bpf;
using OppTel.Producers;

namespace OppTel.Host.Tests.Producers;

/// <summary>What programs store in their cells becomes the values of their series.</summary>
public sealed class ProducersReaderTests : IDisposable
{
    private readonly ProducerBed bed = new();

    public void Dispose() => bed.Dispose();

    /// <summary>Whatever is stored where, in whatever order series come and go: slots hold what cells hold, and nothing else is touched.</summary>
    [Fact]
    public void SlotsHoldWhatCellsHold()
    {
        const int Cells = 200;
        using TestProducer program = bed.Welcome(cells: Cells);
        Dictionary<uint, uint> slots = [];
        Gen.Select(Gen.UInt[0, Cells - 1], Gen.ULong, Gen.Int[0, 9]).Array[1, 60].Sample(
            steps =>
            {
                foreach ((uint cell, ulong value, int action) in steps)
                    Act(program, slots, cell, value, action);
                bed.Read();
                foreach ((uint cell, uint slot) in slots)
                    Assert.Equal(program.Cells[(int)cell], bed.Store[slot]);
                Assert.Equal(slots.Count, bed.Reader.Series);
            },
            iter: 200,
            threads: 1);
    }

    [Fact]
    public void EachKindIsExplainedAndEncoded()
    {
        using TestProducer program = bed.Welcome("shop");
        ProducerDeclare[] declarations =
        [
            TestProducer.Declare("shop_orders_total", 0, labels: [("country", "it"), ("a", "")]),
            TestProducer.Declare("shop_queue", 1, CellKind.Gauge, CellEncoding.Signed),
            TestProducer.Declare("shop_load_ratio", 2, CellKind.Gauge, CellEncoding.Double, 0.5),
            TestProducer.Declare("shop_busy_seconds_total", 3, CellKind.Counter, CellEncoding.Double),
        ];
        foreach (ProducerDeclare declaration in declarations)
            Assert.Equal(ProducerVerdict.Accepted, bed.Ask(program, declaration));
        (program.Cells[0], program.Cells[1]) = (42, unchecked((ulong)-7L));
        (program.Cells[2], program.Cells[3]) = (BitConverter.DoubleToUInt64Bits(0.25), BitConverter.DoubleToUInt64Bits(1e9));
        bed.Read();
        Assert.Equal(
            [
                $"shop_orders_total Counter Unsigned 1 country=it,process_pid={Environment.ProcessId},producer=shop 42",
                $"shop_queue Gauge Signed 1 process_pid={Environment.ProcessId},producer=shop {unchecked((ulong)-7L)}",
                $"shop_load_ratio Gauge Double 0.5 process_pid={Environment.ProcessId},producer=shop {BitConverter.DoubleToUInt64Bits(0.25) >> 16}",
                $"shop_busy_seconds_total Counter Double 1 process_pid={Environment.ProcessId},producer=shop {BitConverter.DoubleToUInt64Bits(1e9) >> 16}",
            ],
            bed.Store.Declared.Select(series => FormattableString.Invariant(
                $"{series.Metric.Name} {series.Metric.Kind} {series.Metric.Encoding} {series.Metric.Scale} {string.Join(',', series.Labels.Select(label => $"{label.Key}={label.Value}"))} {bed.Store[series.FirstSlot]}")));
        Assert.All(bed.Store.Declared, series => Assert.Equal("Help.", series.Metric.Help));
    }

    [Fact]
    public void AHistogramHasACellForEachBucket()
    {
        using TestProducer program = bed.Welcome();
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(program, TestProducer.Declare("a_seconds", 62, CellKind.Histogram, scale: 1e-9)));
        for (int bucket = 0; bucket < (int)HistogramLayout.Slots; bucket++)
            program.Cells[62 + bucket] = (ulong)bucket + 1;
        bed.Read();
        (Metric metric, _, uint slot) = Assert.Single(bed.Store.Declared);
        Assert.Equal((Metric.Types.Kind.HistogramBucket, (int)HistogramLayout.Slots, 1e-9), (metric.Kind, metric.LogLinear.Buckets, metric.LogLinear.Unit));
        Assert.All(Enumerable.Range(0, metric.LogLinear.Buckets), bucket => Assert.Equal((ulong)bucket + 1, bed.Store[slot + (uint)bucket]));
    }

    [Fact]
    public void WhatIsNoNumberIsPassedOver()
    {
        using TestProducer program = bed.Welcome();
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(program, TestProducer.Declare("a", 0, CellKind.Gauge, CellEncoding.Double)));
        foreach (double value in (double[])[2.5, double.NaN, double.PositiveInfinity, double.NegativeInfinity])
        {
            program.Cells[0] = BitConverter.DoubleToUInt64Bits(value);
            bed.Read();
            Assert.Equal(BitConverter.DoubleToUInt64Bits(2.5) >> 16, bed.Store[Assert.Single(bed.Store.Declared).FirstSlot]);
        }

        Assert.Equal(3ul, bed.Reader.NotFinite);
    }

    [Fact]
    public void TheLastValuesAreTakenWhenAProgramEnds()
    {
        TestProducer program = bed.Welcome();
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(program, TestProducer.Declare("a_total")));
        uint slot = Assert.Single(bed.Store.Declared).FirstSlot;
        program.Cells[0] = 9;
        program.Dispose();
        Wait.Until(
            () =>
            {
                bed.Read();
                return bed.Reader.Producers == 0;
            },
            "the end is seen");
        Assert.Equal(9ul, bed.Store[slot]);
        Assert.Empty(bed.Store.Declared);
        // The same program can come again.
        using TestProducer again = bed.Welcome();
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(again, TestProducer.Declare("a_total")));
    }

    [Fact]
    public void WhatTheCellsHeldBeforeTheirSeriesCounts()
    {
        using TestProducer program = bed.Welcome();
        program.Cells[5] = 17;
        bed.Read();
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(program, TestProducer.Declare("a_total", 5)));
        Assert.Equal(17ul, bed.Store[Assert.Single(bed.Store.Declared).FirstSlot]);
    }

    private void Act(TestProducer program, Dictionary<uint, uint> slots, uint cell, ulong value, int action)
    {
        program.Cells[(int)cell] = value;
        switch (action)
        {
            case 0:
                bed.Read();
                break;
            case 1 or 2 or 3:
                bool isNew = !slots.ContainsKey(cell);
                bool hasRoom = slots.Count < 90;
                if (!hasRoom)
                    break;
                Assert.Equal(isNew ? ProducerVerdict.Accepted : ProducerVerdict.CellTaken, bed.Ask(program, TestProducer.Declare("a_total", cell, labels: [("cell", $"{cell}")])));
                if (isNew)
                    slots[cell] = bed.Store.Declared[^1].FirstSlot;
                break;
            case 4:
                Assert.Equal(slots.Remove(cell) ? ProducerVerdict.Accepted : ProducerVerdict.NotDeclared, bed.Ask(program, new ProducerWithdraw { Kind = MessageKind.Withdraw, Cell = cell }));
                break;
        }
    }
}
