using System.Diagnostics;
using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.Samplers;
using OppTel.Producers;

namespace OppTel.Host.Tests.Producers;

/// <summary>
/// What one look at a producer's cells costs the daemon. Nothing is asserted; run with
/// <c>-explicit only -class "*ProducerMeasurements" -showliveoutput</c>.
/// </summary>
public sealed class ProducerMeasurements(ITestOutputHelper output) : IDisposable
{
    private const int Cells = 1000, Rounds = 20_000;
    private readonly ProducerBed bed = new();

    public void Dispose() => bed.Dispose();

    [Fact(Explicit = true)]
    public void MicrosecondsPerReading()
    {
        Nowhere store = new();
        bed.Instead = store;
        TestProducer program = bed.Welcome(cells: Cells);
        for (uint cell = 0; cell < Cells; cell++)
            Assert.Equal(ProducerVerdict.Accepted, bed.Ask(program, TestProducer.Declare("a_total", cell, labels: [("cell", $"{cell}")])));
        Tell("idle", () => { }, store);
        Tell("one cell changes", () => program.Cells[500]++, store);
        Tell("all cells change", () => Increment(program.Cells), store);
    }

    private static void Increment(Span<ulong> cells)
    {
        for (int cell = 0; cell < cells.Length; cell++)
            cells[cell]++;
    }

    /// <summary>Best of ten; the changes themselves are not counted, nor is what the kernel does with the values.</summary>
    private void Tell(string what, Action change, Nowhere store)
    {
        double best = double.MaxValue;
        int calls = store.TakeCalls();
        for (int turn = 0; turn < 10; turn++)
        {
            long spent = 0;
            for (int round = 0; round < Rounds / 10; round++)
            {
                change();
                long begin = Stopwatch.GetTimestamp();
                bed.Read();
                spent += Stopwatch.GetTimestamp() - begin;
            }

            calls = store.TakeCalls() / (Rounds / 10);
            best = Math.Min(best, Stopwatch.GetElapsedTime(0, spent).TotalMicroseconds / (Rounds / 10));
        }

        output.WriteLine(FormattableString.Invariant($"{Cells} cells, {what,-18} {best:F1} us, {calls} calls of the store"));
    }

    /// <summary>A store that costs nothing.</summary>
    private sealed class Nowhere : ISlotStore
    {
        private int calls;
        private uint next;

        public int TakeCalls()
        {
            int taken = calls;
            calls = 0;
            return taken;
        }

        public void Store(uint firstSlot, ReadOnlySpan<ulong> values) => calls++;

        public void Add(uint firstSlot, ReadOnlySpan<ulong> deltas) => throw new NotSupportedException();

        public uint Claim(EntityKind kind, ulong id, IReadOnlyDictionary<string, string> labels) => throw new NotSupportedException();

        public void Release(EntityKind kind, ulong id, uint firstSlot) => throw new NotSupportedException();

        public bool IsTaken(string name) => false;

        public Metric? Define(Metric metric) => metric;

        public uint? Declare(Metric metric, IReadOnlyDictionary<string, string> labels) => next++;

        public void Withdraw(uint firstSlot) => throw new NotSupportedException();
    }
}
