namespace OppTel.Dataplane;

/// <summary>What the kernel says of this process in /proc/self/status.</summary>
internal static class ProcessStatus
{
    /// <summary>The value of one field.</summary>
    /// <exception cref="IOException">/proc is not mounted, or the field is not there.</exception>
    public static string Read(string field)
    {
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith(field, StringComparison.Ordinal) && line[field.Length] == ':')
                return line[(field.Length + 1)..].Trim();
        }

        throw new IOException($"/proc/self/status has no field {field}");
    }
}
