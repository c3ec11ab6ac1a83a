using System.Diagnostics;
using System.Text.Json;

namespace OppTel.Exports.Tests;

/// <summary>OpenTelemetry's own code, from npm: decodes requests, and knows the names of the conventions.</summary>
internal static class Oracle
{
    private static readonly Lazy<string> Folder = new(Install);

    /// <summary>An export request as OpenTelemetry's code reads it.</summary>
    public static JsonElement Decode(byte[] request) => JsonDocument.Parse(Run("node", ["oracle.cjs", "decode"], request)).RootElement;

    /// <summary>Names of the conventions: metric or attr.</summary>
    public static IReadOnlyDictionary<string, string> Names() =>
        JsonSerializer.Deserialize<Dictionary<string, string>>(Run("node", ["oracle.cjs", "names"], []))!;

    /// <summary>Top of the checkout.</summary>
    public static string Checkout()
    {
        string? directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory!, "OppTel.Dataplane.sln")))
            directory = Path.GetDirectoryName(directory);
        return directory!;
    }

    private static string Install()
    {
        string folder = Path.Combine(Checkout(), "tests", "Exports", "Oracle");
        if (!File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json")))
            Run("npm", ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"], [], folder);
        return folder;
    }

    private static string Run(string program, string[] arguments, byte[] input, string? folder = null)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder ?? Folder.Value,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync(), output = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {error.Result}\n{output.Result}");
        return output.Result;
    }
}
