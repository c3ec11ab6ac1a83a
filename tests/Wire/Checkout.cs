namespace OppTel.Wire.Tests;

/// <summary>Where the checkout and the captures beside it lie.</summary>
internal static class Checkout
{
    /// <summary>The folder with the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The real captures; a test that needs them fails without them.</summary>
    public static string Captures
    {
        get
        {
            string folder = Path.GetFullPath(Path.Combine(Root, "..", "shared", "pcaps"));
            Assert.True(Directory.Exists(folder), $"{folder} is missing: the captures belong beside the checkout");
            return folder;
        }
    }

    private static string FindRoot()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "OppTel.Dataplane.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests do not run inside a checkout");
        return folder;
    }
}
