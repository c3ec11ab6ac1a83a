using OppTel.Configuration;
using OppTel.Exports;
using OppTel.Wire;

namespace OppTel.Aggregator.Exposition;

/// <summary>The part of the exposition that tells which keys hosts use: whether a rotation is through.</summary>
internal static class KeySection
{
    /// <summary>Writes it; nothing where there is no key file.</summary>
    public static void Write(MetricWriter writer, KeyBook keys)
    {
        if (keys.Files.Count == 0)
            return;
        writer.Begin(Families.KeyFrames);
        foreach (KeyFile file in keys.Files)
        {
            foreach (SecretKey key in file.Key.Keys)
                writer.Sample(key.Verified, ("file", file.Path), ("key", key.Fingerprint));
        }
    }
}
