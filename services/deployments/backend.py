"""What the backends of all engines have in common."""

from collections.abc import AsyncGenerator, Callable

from services.core.files import FileTables, Found
from services.core.tree import Tree
from services.deployments.summary import status
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.deployments import Deployment, Engine, Status


class FileDeployments(FileTables[Deployment]):
    """Implements the Protocol Deployments over `read`, which may sleep in a file system, and asks no program."""

    def __init__(self, engine: Engine, subject: str, read: Callable[[Tree], Found[Deployment]], root: str) -> None:
        super().__init__(subject, lambda: read(Tree(root)))
        self._engine = engine

    async def status(self) -> Status:
        found = await self._now()
        return status(self._engine, found.rows.values(), found.unseen, found.busy)

    async def get(self, deployment: str) -> Deployment:
        """Raises SutraError NOT_FOUND, or INVALID where several begin so."""
        rows = (await self._now()).rows
        exact = rows.get((deployment,))
        if exact is not None:
            return exact
        fitting = [row for row in rows.values() if deployment and row.id.startswith(deployment)]
        if not fitting:
            raise SutraError(errors.NOT_FOUND, f"no deployment {deployment}", "`avyctl deployments list -o name` names them all")
        if len(fitting) > 1:
            raise SutraError(errors.INVALID, f"{len(fitting)} deployments begin with {deployment}", "give more of the id")
        return fitting[0]

    def deployments(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Deployment], None]:
        """`where` is the server's business."""
        return self._rows(fields)
