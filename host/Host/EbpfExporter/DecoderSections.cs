using System.Text;
using System.Text.RegularExpressions;
using OppTel.Configuration;
using OppTel.Host.EbpfExporter.Decoders;
using Decoder = OppTel.Host.EbpfExporter.Decoders.Decoder;

namespace OppTel.Host.EbpfExporter;

/// <summary>Reads the decoders of a label.</summary>
internal static class DecoderSections
{
    private const string StaticMap = "static_map", Regexps = "regexps", Regexp = "regexp", AllowUnknown = "allow_unknown", SkipCacheSize = "skip_cache_size";
    private static readonly string[] Supported = [.. DecoderKinds.All.Keys.Append(Regexp).Append(StaticMap).Order(StringComparer.Ordinal)];
    private static readonly string[] Unsupported = ["kstack", "lbr", "kubecontext", "pci_class", "pci_device", "pci_subclass", "pci_vendor"];

    /// <summary>The decoders of a label of so many bytes; those that are wrong are reported, and left out.</summary>
    public static List<Decoder> Read(ConfigurationSection label, int size)
    {
        List<Decoder> decoders = [];
        IReadOnlyList<ConfigurationSection> sections = label.Sections("decoders");
        if (sections.Count == 0)
            label.Report("decoders", "a label has at least one decoder");
        for (int index = 0; index < sections.Count; index++)
        {
            if (Read(sections[index], index == 0, size) is { } decoder)
                decoders.Add(decoder);
        }

        return decoders;
    }

    private static Decoder? Read(ConfigurationSection section, bool isFirst, int size)
    {
        string name = section.RequiredText("name");
        IReadOnlyDictionary<string, string> map = section.TextMap(StaticMap);
        IReadOnlyList<string> patterns = section.Texts(Regexps);
        bool allowsUnknown = section.Boolean(AllowUnknown, false);
        // Keys that a regexp refuses are remembered anyway, and what is remembered has a bound.
        section.Integer(SkipCacheSize, 0, 0, int.MaxValue);
        ReportStray(section, name);
        switch (name)
        {
            case "":
                return null;
            case StaticMap:
                ReportPlace(section, DecoderPlace.Behind, isFirst);
                if (map.Count == 0)
                    section.Report(StaticMap, "it has to map at least one value");
                return new Decoder(name, (value, _) => Mapped(value, map, allowsUnknown));
            case Regexp:
                ReportPlace(section, DecoderPlace.Behind, isFirst);
                if (patterns.Count == 0)
                    section.Report(Regexps, "it has to list at least one regular expression");
                Regex[] expressions = [.. patterns.Select(pattern => Compile(section, pattern)).OfType<Regex>()];
                return new Decoder(name, (value, _) => Matched(value, expressions));
            default:
                return ReadKind(section, name, isFirst, size);
        }
    }

    private static Decoder? ReadKind(ConfigurationSection section, string name, bool isFirst, int size)
    {
        if (!DecoderKinds.All.TryGetValue(name, out DecoderKind? kind))
        {
            string what = Unsupported.Contains(name) ? "is not supported" : "is unknown";
            section.Report("name", $"the decoder {name} {what}; there are {string.Join(", ", Supported)}{Spelling.Suggest(name, Supported)}");
            return null;
        }

        ReportPlace(section, kind.Place, isFirst);
        if (isFirst && size != ExporterFile.UnknownSize && kind.Sizes.Length > 0 && !kind.Sizes.Contains(size))
            section.Report("name", $"the decoder {name} reads {string.Join(" or ", kind.Sizes)} bytes, not {size}");
        return new Decoder(name, kind.Decode);
    }

    private static void ReportPlace(ConfigurationSection section, DecoderPlace place, bool isFirst)
    {
        if (place == DecoderPlace.First && !isFirst)
            section.Report("name", "this decoder reads the bytes of the key: it has to be the first one of its label");
        else if (place == DecoderPlace.Behind && isFirst)
            section.Report("name", $"this decoder reads what another one made of the key: put {DecoderKinds.Number} or string before it");
    }

    private static void ReportStray(ConfigurationSection section, string name)
    {
        foreach ((string key, string owner) in ((string, string)[])[(StaticMap, StaticMap), (AllowUnknown, StaticMap), (Regexps, Regexp), (SkipCacheSize, Regexp)])
        {
            if (name != owner && section.Has(key))
                section.Report(key, $"this belongs to the decoder {owner}");
        }
    }

    private static byte[] Mapped(byte[] value, IReadOnlyDictionary<string, string> map, bool allowsUnknown)
    {
        string text = Encoding.UTF8.GetString(value);
        return map.TryGetValue(text, out string? label) ? Encoding.UTF8.GetBytes(label) : allowsUnknown ? value : Encoding.UTF8.GetBytes($"unknown:{text}");
    }

    /// <summary>What the first group of the first expression that matches holds, or all where it has no group.</summary>
    private static byte[]? Matched(byte[] value, Regex[] expressions)
    {
        string text = Encoding.UTF8.GetString(value);
        foreach (Regex expression in expressions)
        {
            Match match = expression.Match(text);
            if (match.Success)
                return match.Groups.Count > 1 ? Encoding.UTF8.GetBytes(match.Groups[1].Value) : value;
        }

        return null;
    }

    /// <summary>Written for Go, whose expressions never backtrack: what would have to is refused here as there.</summary>
    private static Regex? Compile(ConfigurationSection section, string pattern)
    {
        // .NET would take it for a set of letters.
        if (pattern.Contains("[:", StringComparison.Ordinal))
        {
            section.Report(Regexps, $"'{pattern}': classes such as [:alpha:] are not supported; write [A-Za-z]");
            return null;
        }

        try
        {
            return new Regex(pattern.Replace("(?P<", "(?<", StringComparison.Ordinal), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            section.Report(Regexps, $"'{pattern}' is no regular expression: {exception.Message}");
            return null;
        }
    }
}
