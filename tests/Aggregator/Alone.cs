namespace OppTel.Aggregator.Tests;

/// <summary>What measures the whole process runs when nothing else does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public class Alone;
