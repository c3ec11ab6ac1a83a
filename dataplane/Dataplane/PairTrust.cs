using OppTel.Configuration;

namespace OppTel.Dataplane;

/// <summary>Whom a pair believes.</summary>
/// <param name="KeyFile">File with its own key; null: the common one.</param>
/// <param name="RequiresTags">Whether trailers without a right tag stay on their frames.</param>
internal sealed record PairTrust(string? KeyFile, bool RequiresTags)
{
    /// <summary>Reads the keys of a pair.</summary>
    /// <param name="pair">The pair's section.</param>
    /// <param name="hasCommonKey">Whether there is a key for all pairs.</param>
    public static PairTrust Read(ConfigurationSection pair, bool hasCommonKey)
    {
        PairTrust trust = new(pair.OptionalText("key_file"), pair.Boolean("require_tags", false));
        if (trust.RequiresTags && trust.KeyFile is null && !hasCommonKey)
        {
            pair.Report("require_tags", "tags need a key that nobody else has: name a key_file, here or for all pairs; make one with: "
                + "opptel-host keygen --out FILE");
        }

        return trust;
    }
}
