from . import helpdesk_ticket
from . import helpdesk_ticket_stage
from . import helpdesk_ticket_team
from . import project_milestone
from . import project_project
from . import project_task
from . import res_company
from . import res_config_settings
