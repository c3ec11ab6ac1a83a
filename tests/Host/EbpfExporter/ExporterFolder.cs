using OppTel.Configuration;
using OppTel.Host.EbpfExporter;
using OppTel.Host.Samplers;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.EbpfExporter;

/// <summary>A folder with configurations as an operator would have them, each with its object beside it.</summary>
internal sealed class ExporterFolder : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("opptel-exporter-").FullName;

    /// <summary>Sources of these tests, from the folder bpf.</summary>
    public static string Sources { get; } = Path.Combine("..", "tests", "Host", "EbpfExporter");

    public string this[string file] => Path.Combine(folder, file);

    /// <summary>Puts a configuration and its object there.</summary>
    /// <param name="name">Of both.</param>
    /// <param name="text">Of the configuration; the one beside the object's source when null.</param>
    public string Add(string name, string? text = null)
    {
        File.Copy(KernelFixture.Build(Path.Combine(Sources, $"{name}.bpf.c")), this[$"{name}.bpf.o"]);
        string path = this[$"{name}.yaml"];
        File.WriteAllText(path, text ?? File.ReadAllText(Path.Combine(KernelFixture.Root, "bpf", Sources, $"{name}.yaml")));
        return path;
    }

    /// <summary>Loads and attaches a configuration.</summary>
    public static ConfigReader Open(string path, int slots = 8192, TimeSpan? expire = null)
    {
        EbpfExporterSettings settings = new(TimeSpan.FromMilliseconds(100), slots, expire ?? TimeSpan.FromMinutes(1));
        return new ConfigReader(ExporterFile.Load(path), settings, new SlotBudget(slots));
    }

    /// <summary>Why a configuration cannot be opened.</summary>
    public static string WhyNot(string path, int slots = 8192) => Assert.Throws<OperatorException>(() => Open(path, slots)).Message;

    /// <summary>Why a configuration cannot be opened, also where the kernel says so.</summary>
    public static Exception Refusal(string path) => Assert.ThrowsAny<OperatorException>(() => Open(path));

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
