using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using OppTel.Bpf;

namespace OppTel.Host.Survey;

/// <summary>Enumerators as snake_case strings.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
public sealed class SnakeCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower)
    where T : struct, Enum;

/// <summary>The report as JSON: keys in snake_case, one object.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(SnakeCaseEnum<AttachMode>)])]
[JsonSerializable(typeof(SurveyReport))]
public sealed partial class ReportJson : JsonSerializerContext
{
    // For programs and people: only those characters are written as codes that JSON itself reserves.
    private static readonly JsonWriterOptions Plain = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The report as text.</summary>
    public static string Write(SurveyReport report)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer, Plain))
            JsonSerializer.Serialize(writer, report, Default.SurveyReport);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
