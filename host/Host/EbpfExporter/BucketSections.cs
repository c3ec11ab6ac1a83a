using OppTel.Configuration;

namespace OppTel.Host.EbpfExporter;

/// <summary>Reads the buckets of a histogram.</summary>
internal static class BucketSections
{
    // The bounds of a histogram have to fit one frame of the catalog.
    private const int MostBuckets = 96;
    private const string Type = "bucket_type", Least = "bucket_min", Most = "bucket_max", Keys = "bucket_keys", Multiplier = "bucket_multiplier";
    private const double LeastMultiplier = 1e-12, MostMultiplier = 1e12;

    // 2^1023 is the greatest power that a double holds.
    private const int MostExponent = 1000;

    /// <summary>The buckets; what is wrong with them is reported.</summary>
    public static BucketKeys Read(ConfigurationSection section, ExporterLabel? label)
    {
        if (!section.Has(Type))
            section.Report(Type, "is missing: exp2, exp2zero, linear or fixed");
        BucketType type = section.Choice(Type, BucketType.Exp2);
        List<ulong> numbers = type == BucketType.Fixed ? ReadFixed(section) : ReadRange(section, type);
        // 0 stands for 1, as if it were not there.
        double multiplier = section.Has(Multiplier) && section.Number(Multiplier, 1, 0, MostMultiplier) is var read and not 0 ? read : 1;
        if (multiplier < LeastMultiplier)
            section.Report(Multiplier, $"'{multiplier}' is less than {LeastMultiplier}");
        return new BucketKeys(type, numbers, multiplier, label?.Offset ?? 0, label?.Size ?? 1);
    }

    private static List<ulong> ReadRange(ConfigurationSection section, BucketType type)
    {
        if (section.Has(Keys))
            section.Report(Keys, "this belongs to bucket_type: fixed");
        if (!section.Has(Most))
            section.Report(Most, "is missing");
        int end = type == BucketType.Linear ? int.MaxValue - 1 : MostExponent;
        int least = section.Integer(Least, 0, 0, end), most = section.Integer(Most, least + 1, 0, end);
        if (most < least || most - least >= MostBuckets)
        {
            section.Report(Most, $"{Least} and {Most} have to be the numbers of the first and the last of 1 to {MostBuckets} buckets");
            most = least;
        }

        return [.. Enumerable.Range(least, most - least + 1).Select(number => (ulong)number)];
    }

    private static List<ulong> ReadFixed(ConfigurationSection section)
    {
        // Some files have them all the same, since ebpf_exporter's own schema asks for them.
        section.Integer(Least, 0, 0, int.MaxValue);
        section.Integer(Most, 0, 0, int.MaxValue);
        List<ulong> numbers = [.. section.Integers(Keys, 0, int.MaxValue - 1).Select(number => (ulong)number)];
        if (numbers.Count is 0 or > MostBuckets || !numbers.SequenceEqual(numbers.Distinct().Order()))
        {
            section.Report(Keys, $"it has to list the numbers of 1 to {MostBuckets} buckets, which grow");
            return [0];
        }

        return numbers;
    }
}
