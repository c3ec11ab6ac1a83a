using System.Collections.Concurrent;
using System.Diagnostics;
using OppTel.Configuration;
using OppTel.Exports.Push;

namespace OppTel.Exports.Tests.Push;

/// <summary>What a target makes of a sender that fails.</summary>
public class PushTargetTests
{
    /// <summary>A piece that cannot be encoded is lost alone; one that meets a network or a file that can be mended is sent again.</summary>
    [Fact]
    public async Task APieceThatNobodyCanSendKeepsNoOtherOneWaiting()
    {
        using Failing sender = new([new HttpRequestException("down"), new OperatorException(ExitCode.Configuration, "no token"), new ArgumentException("odd")]);
        PushSettings settings = new()
        {
            Interval = TimeSpan.FromMilliseconds(50),
            Timeout = TimeSpan.FromSeconds(10),
            FirstRetry = TimeSpan.FromMilliseconds(1),
            MaxPoints = 2,
            MaxQueue = 100,
            MaxQueueBytes = 1 << 20,
        };
        RecordingLogger log = new();
        await using PushTarget target = new(settings, new PushCounters("http://a", "test"), sender, Points.Source(), log);
        target.Start();
        for (Stopwatch watch = Stopwatch.StartNew(); target.Counters.Sent == 0; await Task.Delay(5, TestContext.Current.CancellationToken))
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"nothing is sent\n{log}");
        Assert.Equal((2L, 3L), (target.Counters.Refused, target.Counters.Failures));
        IReadOnlyList<MetricPoint>[] tried = [.. sender.Tried.Take(4)];
        Assert.Equal([tried[0], tried[0]], tried[1..3]);
        Assert.NotEqual(tried[0], tried[3]);
    }

    /// <summary>Fails with one exception after the other, then works.</summary>
    private sealed class Failing(IEnumerable<Exception> exceptions) : ISender
    {
        private readonly Queue<Exception> left = new(exceptions);

        public ConcurrentQueue<IReadOnlyList<MetricPoint>> Tried { get; } = [];

        public Task<SendResult> Send(IReadOnlyList<MetricPoint> points, CancellationToken cancellation)
        {
            Tried.Enqueue(points);
            return left.TryDequeue(out Exception? exception) ? Task.FromException<SendResult>(exception) : Task.FromResult(new SendResult(SendOutcome.Sent));
        }

        public void Dispose()
        {
        }
    }
}
