using CsCheck;

namespace OppTel.Segment.Tests;

public class RecordRingTests
{
    private static readonly Gen<int[]> Lengths = Gen.Int[1, 700].Array[1, 300];

    [Fact]
    public void EveryRecordArrivesOnceInOrderWhateverTheLengthsAndTheBatches()
    {
        Lengths.Select(Gen.Int[1, 20]).Sample((lengths, batch) =>
        {
            using TemporarySegment temporary = new();
            RingProducer producer = temporary.Segment.Producer(0);
            RingConsumer consumer = temporary.Segment.Consumer(0);
            Queue<(int Number, int Length)> expected = new();
            for (int number = 0; number < lengths.Length; number++)
            {
                Span<byte> payload = producer.TryReserve(RecordKind.Trailer, (ushort)(number % 7), (ulong)number, lengths[number]);
                if (!payload.IsEmpty)
                {
                    payload.Fill((byte)number);
                    expected.Enqueue((number, lengths[number]));
                }

                producer.Publish();
                if (number % batch == 0)
                    Drain(ref consumer, expected);
            }

            Drain(ref consumer, expected);
            Assert.Equal(0ul, consumer.Resyncs);
        }, iter: 300);
    }

    [Fact]
    public void AFullRingRefusesAndTakesAgainAfterARelease()
    {
        using TemporarySegment temporary = new();
        RingProducer producer = temporary.Segment.Producer(0);
        RingConsumer consumer = temporary.Segment.Consumer(0);
        int taken = 0;
        while (!producer.TryReserve(RecordKind.Trailer, 0, 0, 100).IsEmpty)
            taken++;
        Assert.Equal(4096 / 128, taken);

        producer.Publish();
        Assert.True(consumer.TryRead(out _, out _));
        Assert.True(producer.TryReserve(RecordKind.Trailer, 0, 0, 100).IsEmpty);
        consumer.Release();
        Assert.False(producer.TryReserve(RecordKind.Trailer, 0, 0, 100).IsEmpty);
    }

    [Fact]
    public void NothingIsVisibleBeforePublish()
    {
        using TemporarySegment temporary = new();
        RingProducer producer = temporary.Segment.Producer(0);
        RingConsumer consumer = temporary.Segment.Consumer(0);
        producer.TryReserve(RecordKind.Trailer, 0, 0, 32).Fill(1);
        Assert.False(consumer.TryRead(out _, out _));
        producer.Publish();
        Assert.True(consumer.TryRead(out RecordHeader header, out ReadOnlySpan<byte> payload));
        Assert.Equal((32, RecordKind.Trailer), (header.Length, header.Kind));
        Assert.Equal(32, payload.Length);
    }

    [Fact]
    public void AConsumerThatReturnsContinuesWhereTheDeadOneReleased()
    {
        using TemporarySegment temporary = new();
        RingProducer producer = temporary.Segment.Producer(0);
        for (byte number = 0; number < 4; number++)
            producer.TryReserve(RecordKind.Trailer, 0, number, 16).Fill(number);
        producer.Publish();

        RingConsumer dead = temporary.Segment.Consumer(0);
        Assert.True(dead.TryRead(out _, out _));
        dead.Release();
        Assert.True(dead.TryRead(out _, out _));

        RingConsumer successor = temporary.Segment.Consumer(0);
        Assert.True(successor.TryRead(out RecordHeader header, out _));
        Assert.Equal(1ul, header.Arrival);
    }

    [Fact]
    public void GarbagePositionsOfTheOtherSideAreSurvived()
    {
        Gen.ULong.Select(Gen.ULong).Sample((head, tail) =>
        {
            using TemporarySegment temporary = new();
            RingProducer producer = temporary.Segment.Producer(0);
            RingConsumer consumer = temporary.Segment.Consumer(0);
            Damage(temporary, head, tail);
            for (int i = 0; i < 200; i++)
                _ = producer.TryReserve(RecordKind.Trailer, 0, 0, 100);
            for (int i = 0; i < 200 && consumer.TryRead(out RecordHeader header, out ReadOnlySpan<byte> payload); i++)
                Assert.Equal(header.Length, payload.Length);
        }, iter: 200);
    }

    [Fact]
    public void TwoThreadsLoseNothing()
    {
        const int Records = 200_000;
        using TemporarySegment temporary = new(ringBytes: 16384);
        SharedSegment segment = temporary.Segment;
        Thread producing = new(() =>
        {
            RingProducer producer = segment.Producer(0);
            for (int number = 0; number < Records;)
            {
                Span<byte> payload = producer.TryReserve(RecordKind.Trailer, 0, (ulong)number, 8 + (number % 90));
                if (payload.IsEmpty)
                {
                    Thread.Yield();
                    continue;
                }

                BitConverter.TryWriteBytes(payload, (long)number);
                producer.Publish();
                number++;
            }
        });
        producing.Start();

        RingConsumer consumer = segment.Consumer(0);
        for (long expected = 0; expected < Records;)
        {
            if (!consumer.TryRead(out RecordHeader header, out ReadOnlySpan<byte> payload))
            {
                Thread.Yield();
                continue;
            }

            Assert.Equal(expected, BitConverter.ToInt64(payload));
            Assert.Equal(8 + (expected % 90), header.Length);
            expected++;
            consumer.Release();
        }

        producing.Join();
        Assert.Equal(0ul, consumer.Resyncs);
    }

    private static void Drain(ref RingConsumer consumer, Queue<(int Number, int Length)> expected)
    {
        while (consumer.TryRead(out RecordHeader header, out ReadOnlySpan<byte> payload))
        {
            (int number, int length) = expected.Dequeue();
            Assert.Equal((ulong)number, header.Arrival);
            Assert.Equal(length, payload.Length);
            Assert.Equal(-1, payload.IndexOfAnyExcept((byte)number));
        }

        Assert.Empty(expected);
        consumer.Release();
    }

    private static void Damage(TemporarySegment temporary, ulong head, ulong tail)
    {
        using FileStream file = new(temporary.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        file.Position = (long)temporary.Segment.Header.RingsOffset;
        file.Write(BitConverter.GetBytes(head));
        file.Position = (long)temporary.Segment.Header.RingsOffset + 128;
        file.Write(BitConverter.GetBytes(tail));
    }
}
