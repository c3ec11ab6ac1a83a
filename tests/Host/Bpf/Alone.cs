namespace OppTel.Host.Tests.Bpf;

/// <summary>Tests of hooks that see the traffic of the whole machine run while no other test makes any.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public static class Alone
{
    /// <summary>Of the collection.</summary>
    public const string Name = "alone";
}
