using System.Text.Json;
using System.Text.Json.Serialization;

namespace OppTel.Wire.Tests.Vectors;

/// <summary>One golden vector; section 9 of <c>bpf/WIRE.md</c> describes the file.</summary>
public sealed record Vector
{
    public required string Name { get; init; }

    public required string Verdict { get; init; }

    /// <summary>Key of the reader's and the writer's tags, 16 bytes; absent where they have none.</summary>
    public string? Key { get; init; }

    /// <summary>"tunnel" where the trailer is inside one; absent where it follows the frame's own packet.</summary>
    public string? Place { get; init; }

    /// <summary>The frame before it was stamped; absent where the trailer must not be taken off.</summary>
    public string? Original { get; init; }

    public TrailerFields? Trailer { get; init; }

    public required string Frame { get; init; }

    [JsonIgnore]
    public byte[] FrameBytes => Convert.FromHexString(Frame);

    public override string ToString() => Name;
}

/// <summary>What a writer is given. Numbers of more than 32 bits are hexadecimal strings.</summary>
public sealed record TrailerFields
{
    public string Time { get; init; } = "0x0";

    public ushort Stream { get; init; }

    public uint Sequence { get; init; }

    public ushort Epoch { get; init; }

    public byte Flags { get; init; }

    public byte Pad { get; init; }

    public IReadOnlyList<SampleFields> Samples { get; init; } = [];

    public IReadOnlyList<ValueFields> Values { get; init; } = [];

    public string? Tag { get; init; }

    public ushort Checksum { get; init; }
}

public sealed record ValueFields(ushort Slot, string Value);

public sealed record SampleFields(ushort Slot, ushort Flags, uint AgeNs, string Value);

/// <summary>The file.</summary>
public sealed record VectorFile(int WireVersion, IReadOnlyList<Vector> Vectors)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public static string FilePath { get; } = Path.Combine(Checkout.Root, "bpf", "vectors", "trailers.json");

    public static VectorFile Load() => JsonSerializer.Deserialize<VectorFile>(File.ReadAllText(FilePath), Options)!;

    /// <summary>One vector a line, so that a change shows as what it is.</summary>
    public string ToText() =>
        $"{{\"wire_version\":{WireVersion},\"vectors\":[\n"
        + string.Join(",\n", Vectors.Select(vector => JsonSerializer.Serialize(vector, Options))) + "\n]}\n";
}
