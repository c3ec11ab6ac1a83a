using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using OppTel.Telemetry;

namespace OppTel.Model.Tests;

/// <summary>
/// One number for all worlds that go on in the same way: clocks and counters are told relative to the present, and what is
/// so long ago that nothing depends on it any more is the same. Reads the private fields of what decides.
/// </summary>
internal sealed class Digest
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly;
    private const ulong LeastTime = 100_000_000_000_000;
    private const long Longest = 25;
    private static readonly ConcurrentDictionary<Type, FieldInfo[]> Known = new();
    private readonly List<long> words = [];
    private readonly World world;

    private Digest(World world) => this.world = world;

    /// <summary>The number of a world.</summary>
    public static UInt128 Of(World world)
    {
        Digest digest = new(world);
        digest.AddWorld();
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(digest.words)), hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }

    private void AddWorld()
    {
        foreach (Step step in Enum.GetValues<Step>())
            words.Add(step is > Step.ToDpuLost or Step.ToHostDoubled or Step.ToDpuDoubled or Step.ToHostLost or Step.ToDpuLost ? world.Count(step) : 0);
        foreach (object decider in world.Host.Deciders)
            Add("", decider);
        words.AddRange([world.Host.Kernel.Epoch, .. world.Host.Kernel.Live.Select(block => (long)block), -1]);
        words.AddRange([.. world.Host.Kernel.Owners.SelectMany(owner => (long[])[owner.Key, (long)owner.Value]), -1, .. world.Living.Select(id => (long)id), -1]);
        words.AddRange([(long)world.Dpu.View.Instance, world.Dpu.View.Epoch, world.Dpu.IsStalled ? 1 : 0, world.Dpu.Grants(world.Now + World.ClockOffset) ? 1 : 0]);
        AddReceiver(world.Dpu.Receiver);
        AddMessages(world.ToHost.Messages);
        AddMessages(world.ToDpu.Messages);
        AddMessages(world.Ring);
    }

    private void AddReceiver(Receiver receiver)
    {
        Add("", typeof(Receiver).GetField("gates", Fields)!.GetValue(receiver));
        if (receiver.HostOf(0) is not { } host)
            return;
        words.AddRange([(long)host.Instance, host.Catalog.Epoch, host.Catalog.Host is null ? 0 : 1]);
        Add("epochs", typeof(HostCatalog).GetField("epochs", Fields)!.GetValue(host.Catalog));
        foreach (object pending in (IEnumerable)typeof(HostCatalog).GetField("pending", Fields)!.GetValue(host.Catalog)!)
            words.Add((ushort)pending.GetType().GetProperty("Epoch")!.GetValue(pending)!);
        words.Add(-1);
    }

    private void AddMessages(IReadOnlyList<Message> messages)
    {
        foreach (Message message in messages)
        {
            words.AddRange([(long)message.Kind, (long)message.Sender, (long)message.Grants, message.TakenBy.Count, Age(message.Sent)]);
            // What a beacon or a catalog says, without its number and its tag.
            words.AddRange(message.Kind == MessageKind.Trailer
                ? [OppTel.Wire.Footer.Read(message.Bytes).Epoch, message.Bytes.Length]
                : [.. message.Bytes.AsSpan(54).ToArray().Skip(message.Kind == MessageKind.Beacon ? 8 : 0).Take(message.Kind == MessageKind.Beacon ? 14 : 400).Select(part => (long)part)]);
        }

        words.Add(-2);
    }

    private void Add(string name, object? value)
    {
        switch (value)
        {
            case null or string:
                words.Add(-3);
                break;
            // Tells when the beacon was sent that was heard last, as the lease's keeper does.
            case uint when name.Contains("Echo", StringComparison.Ordinal):
                break;
            case Enum or bool or byte or ushort or int or uint:
                words.Add(Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture));
                break;
            case ulong number:
                words.Add(Number(name, number));
                break;
            case long difference:
                words.Add(difference <= -(long)LeastTime ? (difference + (long)World.ClockOffset) / (long)World.Tick : difference);
                break;
            case IEnumerable many:
                foreach (object? one in many)
                    Add(name, one);
                words.Add(-4);
                break;
            default:
                AddFields(value);
                break;
        }
    }

    private void AddFields(object value)
    {
        if (value is ModelKernel or OppTel.Wire.ControlKey or OppTel.Wire.SecretKey or IReadOnlyDictionary<string, string> or string or Delegate)
            return;
        foreach (FieldInfo field in Known.GetOrAdd(value.GetType(), type => type.GetFields(Fields)))
            Add(field.Name, field.GetValue(value));
    }

    /// <summary>Instances are small; times are large; counters are told from the newest one.</summary>
    private long Number(string name, ulong number)
    {
        if (number >= LeastTime)
            return Age(number);
        if (name.Contains("counter", StringComparison.OrdinalIgnoreCase))
            return Math.Max((long)number - (long)world.Dpu.Counter, -4);
        if (name.Contains("highest", StringComparison.OrdinalIgnoreCase))
            return Math.Max((long)number - (long)world.Host.Counter, -4);
        // Which of the last frames a gate has seen says the messages themselves.
        return name.Contains("seen", StringComparison.OrdinalIgnoreCase) ? 0 : (long)number;
    }

    private long Age(ulong time)
    {
        long own = (long)(world.Now - time), other = (long)(world.Now + World.ClockOffset - time);
        long age = Math.Abs(own) < Math.Abs(other) ? own : other;
        return Math.Min(age / (long)(World.Tick / 4), Longest * 4);
    }
}
