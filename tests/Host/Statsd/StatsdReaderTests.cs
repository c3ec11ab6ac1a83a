using System.Net.Sockets;
using System.Text;
using OppTel.Catalog;
using OppTel.Configuration;
using OppTel.Host.Statsd;
using OppTel.Host.Tests.Bpf;
using OppTel.Host.Tests.Daemon;

namespace OppTel.Host.Tests.Statsd;

/// <summary>Lines over a real socket become series whose values are right; what is refused is counted and costs nothing.</summary>
public sealed class StatsdReaderTests : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite;
    private readonly string path = Path.Combine(Path.GetTempPath(), $"opptel-statsd-{Environment.ProcessId}-{Guid.NewGuid():N}");
    private readonly RecordingStore store = new(3);
    private readonly Socket client = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private StatsdReader reader;

    public StatsdReaderTests()
    {
        reader = new StatsdReader(new StatsdSettings(path, Mode, 4, 1000, TimeSpan.FromMinutes(1)));
        client.Connect(new UnixDomainSocketEndPoint(path));
    }

    public void Dispose()
    {
        client.Dispose();
        reader.Dispose();
        Assert.False(Path.Exists(path));
    }

    [Fact]
    public void CountersAddUpWithTheirRates()
    {
        Send("app.hits:2|c\napp.hits:3|c|@0.5", "app.hits:0.5|c", "app.hits:0.5|c");
        Assert.Equal(9ul, store[Find("app_hits_total")]);
        Assert.Equal(4ul, reader.Outcomes["taken"]);
    }

    [Fact]
    public void GaugesAreSetAndChanged()
    {
        Send("load:2.25|g", "load:-4|g", "load:+1|g");
        (Metric metric, _, uint slot) = Assert.Single(store.Declared);
        Assert.Equal(("load", Metric.Types.Kind.Gauge, Metric.Types.Encoding.Double), (metric.Name, metric.Kind, metric.Encoding));
        Assert.Equal(-0.75, BitConverter.UInt64BitsToDouble(store[slot] << 16));
    }

    [Theory]
    [InlineData("t:250|ms", "t_seconds", 0.25)]
    [InlineData("t:0|ms", "t_seconds", 0)]
    [InlineData("t:12.5|h", "t", 12.5)]
    [InlineData("t:1e300|d", "t", 1e300)]
    public void TimersAndHistogramsFallIntoTheBucketOfTheirValue(string line, string name, double value)
    {
        Send(line + "|@0.1");
        (Metric metric, _, uint first) = Assert.Single(store.Declared);
        Assert.Equal(name, metric.Name);
        int bucket = Enumerable.Range(0, metric.LogLinear.Buckets).Single(index => store[first + (uint)index] == 10);
        Assert.True(value < metric.LogLinear.UpperBound(bucket) || bucket == metric.LogLinear.Buckets - 1);
        Assert.True(bucket == 0 || value >= metric.LogLinear.UpperBound(bucket - 1));
    }

    [Fact]
    public void EachSetOfTagsIsASeries()
    {
        Send("a:1|c|#x:1,y-z:2", "a:1|c|#y-z:2,x:1", "a:1|c|#x:2");
        Assert.Equal(["x=1 y_z=2", "x=2"], store.Declared.Select(series => string.Join(' ', series.Labels.Select(label => $"{label.Key}={label.Value}"))));
        Assert.Equal([2ul, 1ul], store.Declared.Select(series => store[series.FirstSlot]));
    }

    [Fact]
    public void WhatIsRefusedIsCountedByItsReason()
    {
        store.Taken.Add("taken_total");
        Send("taken:1|c", "opptel.x:1|g", "a:1|c|#host:x", "a:1|c|#x:1,x:2", $"a:1|c|#x:{new string('y', 200)}", "a:1|g", "b:1|g", "b:1|ms", "b_seconds:1|g", "a:1|c", "d:1|g", "e:1|g", "f:1|g", "nonsense");
        Dictionary<string, ulong> expected = new() { ["bad_tags"] = 3, ["no_name"] = 1, ["other_type"] = 1, ["reserved_name"] = 2, ["taken"] = 3, ["too_many_names"] = 3, ["too_many_series"] = 1 };
        Assert.Equal(expected, reader.Outcomes.ToDictionary());
    }

    /// <summary>In bytes, of which a letter may have two.</summary>
    [Fact]
    public void TagsAreBoundedTogether()
    {
        string Tags(int last) => string.Concat(Enumerable.Range(1, 3).Select(tag => $"{(char)('a' + tag)}:{new string('ä', 99)},")) + $"z:{new string('y', last)}";
        Send($"a:1|c|#{Tags(102)}", $"a:1|c|#{Tags(103)}");
        Assert.Equal((1ul, 1ul), (reader.Outcomes["taken"], reader.Outcomes["bad_tags"]));
    }

    [Fact]
    public void ItsSlotsHaveABoundOfTheirOwn()
    {
        reader.Dispose();
        reader = new StatsdReader(new StatsdSettings(path, Mode, 4, 195, TimeSpan.FromMinutes(1)));
        client.Connect(new UnixDomainSocketEndPoint(path));
        Send("a:1|ms", "a:1|ms|#x:1", "b:1|c", "b:1|c|#x:1");
        Assert.Equal(["a_seconds", "b_total"], store.Declared.Select(series => series.Metric.Name));
        Assert.Equal(2ul, reader.Outcomes["too_many_series"]);
    }

    [Fact]
    public void WhatNobodyWritesIsGivenUp()
    {
        reader.Dispose();
        reader = new StatsdReader(new StatsdSettings(path, Mode, 4, 1000, TimeSpan.FromMilliseconds(50)));
        client.Connect(new UnixDomainSocketEndPoint(path));
        Send("a:1|c");
        Assert.Single(store.Declared);
        Thread.Sleep(60);
        reader.Read(store);
        Assert.Empty(store.Declared);
        Send("a:1|c");
        Assert.Equal(1ul, store[Find("a_total")]);
    }

    [Fact]
    public void ALeftoverSocketIsReplacedAndAnOwnedOneIsNot()
    {
        Assert.Equal(Mode, File.GetUnixFileMode(path) & Mode);
        OperatorException exception = Assert.Throws<OperatorException>(() => new StatsdReader(new StatsdSettings(path, Mode, 4, 1000, TimeSpan.FromMinutes(1))));
        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        string leftover = path + "-left";
        using (Socket dead = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified))
            dead.Bind(new UnixDomainSocketEndPoint(leftover));
        using StatsdReader next = new(new StatsdSettings(leftover, Mode, 4, 1000, TimeSpan.FromMinutes(1)));
        Assert.True(Path.Exists(leftover));
    }

    private void Send(params string[] datagrams)
    {
        ulong before = reader.Outcomes.Values.Aggregate((sum, count) => sum + count), lines = (ulong)datagrams.Sum(datagram => datagram.Split('\n').Length);
        foreach (string datagram in datagrams)
            client.Send(Encoding.UTF8.GetBytes(datagram));
        Wait.Until(
            () =>
            {
                reader.Read(store);
                return reader.Outcomes.Values.Aggregate((sum, count) => sum + count) == before + lines;
            },
            "every line is taken or refused");
    }

    private uint Find(string name) => store.Declared.Single(series => series.Metric.Name == name).FirstSlot;
}
