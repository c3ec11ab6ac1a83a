// Every run of the real program polls a CPU of its own: two at a time would starve each other on a small machine.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
