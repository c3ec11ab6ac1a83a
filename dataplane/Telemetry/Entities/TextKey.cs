namespace OppTel.Telemetry.Entities;

/// <summary>A number that stands for a text: FNV-1a of 64 bits, over UTF-16.</summary>
internal static class TextKey
{
    /// <summary>Never 0.</summary>
    public static ulong Of(string text)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (char letter in text)
            hash = (hash ^ letter) * 0x100000001B3;
        return hash == 0 ? 1 : hash;
    }
}
