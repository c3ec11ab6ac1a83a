// Every test fills the cores of a small machine with a dataplane and its traffic: two at a time would starve each other.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
